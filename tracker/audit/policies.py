"""Which policy is in force."""

import argparse

from tracker.audit.policy import Policy
from tracker.audit.policy_file import load_policy
from tracker.config import Config
from tracker.names.services import load_services


def policy(options: argparse.Namespace, config: Config) -> Policy:
    """Return the policy of --policy, else the starting policy; raises ConfigError."""
    return load_policy(options.policy, config, load_services())
