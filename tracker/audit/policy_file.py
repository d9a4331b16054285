"""Reads a policy; what is wrong in it is told with file, line, key and what is allowed."""

import re
from collections.abc import Iterator, Mapping

from tracker.audit.peers import GROUPS, Place, Places, name_place, network_place
from tracker.audit.policy import ANY_PORT, FROM, TO, WITH, Policy, Rule, Service
from tracker.config import PRIVATE, Config, ConfigError, shipped
from tracker.config.patterns import NAME
from tracker.config.yaml_file import Given, Path, printable, read_yaml
from tracker.names.services import Services
from tracker.typed import Any

ANY, ANYBODY, EVERY_NAME = "any", "groups", "*"

#: What is no name of a host here, though a host may have it.
WORDS = frozenset((ANY, ANYBODY, PRIVATE))

_KEYS = ("note", "who", "program", "to", "from", "with", "services", "allow")
_SIDES = {"to": TO, "from": FROM, "with": WITH}
_TOP = ("rules", "offers", "learned")

_PORTS = re.compile(r"(tcp|udp)/(\d{1,5})(?:-(\d{1,5}))?")

_SERVICES = "names of config/services.yaml or of this system, and ports such as tcp/8443"
_PEERS = "addresses, networks, names (*.example.org), private, groups, any"
_WHO = "addresses, networks, hosts of the settings, private, any"


def load_policy(path: str | None, config: Config, services: Services) -> Policy:
    """Return the policy in the file `path`, the starting policy for None.

    Raises ConfigError where the file cannot be read or says what no policy can say.
    """
    name = shipped("policy.yaml") if path is None else path
    return _Reader(name, read_yaml(name), config, services).policy()


class _Reader:
    """Makes a policy of what a file says."""

    def __init__(self, path: str, given: Given, config: Config, services: Services) -> None:
        self._path = path
        self._given = given
        self._config = config
        self._ports = _by_name(services)

    def policy(self) -> Policy:
        """Return the policy."""
        values = self._given.values
        self._check_keys(values, (), _TOP)
        rules = _list_of(values.get("rules"))
        if not isinstance(rules, list):
            raise self._wrong(("rules",), "a list of rules")
        learned = values.get("learned", False)
        if not isinstance(learned, bool):
            raise self._wrong(("learned",), "true or false")
        made = [self._rule(number, rule) for number, rule in enumerate(rules)]
        offers = self._offers(_list_of(values.get("offers")))
        if offers:
            made.append(self._offer(len(made) + 1, offers))
        return Policy(made, offers, learned, self._path)

    def _offer(self, number: int, services: tuple[Service, ...]) -> Rule:
        """Return the rule after all others: whoever asks may use what local hosts offer."""
        line = self._line(("offers",))
        note = "A service that this host is known to offer."
        return Rule(number, line, note, True, FROM, services, None, None, ())

    def _rule(self, place: int, rule: Any) -> Rule:  # noqa: ANN401
        path: Path = ("rules", place)
        if not isinstance(rule, dict):
            raise self._wrong(path, f"a rule: {', '.join(_KEYS)}")
        self._check_keys(rule, path, _KEYS)
        sides = [key for key in _SIDES if key in rule]
        if len(sides) != 1:
            raise self._wrong(path, "one of to, from and with in each rule")
        key = sides[0]
        allow = rule.get("allow", True)
        if not isinstance(allow, bool):
            raise self._wrong((*path, "allow"), "true or false")
        who = self._words((*path, "who"), rule.get("who", ANY), _WHO)
        peers = self._words((*path, key), rule[key], _PEERS)
        services = self._services((*path, "services"), rule.get("services", ANY))
        programs = self._words((*path, "program"), rule.get("program", ANY), "names of programs")
        return Rule(
            place + 1,
            self._given.lines[path],
            self._note((*path, "note"), rule.get("note", "")),
            allow,
            _SIDES[key],
            services,
            None if ANY in who else Places(tuple(self._who((*path, "who"), who))),
            None if ANY in peers else Places(tuple(self._peers((*path, key), peers))),
            () if ANY in programs else tuple(programs),
        )

    def _note(self, path: Path, note: Any) -> str:  # noqa: ANN401
        """Return a note, which may be a number, a date, or empty."""
        if isinstance(note, dict | list):
            raise self._wrong(path, "text; quote it where it has a colon")
        return "" if note is None else str(note)

    # --- hosts ------------------------------------------------------------------------------------

    def _who(self, path: Path, words: list[str]) -> Iterator[Place]:
        """Yield the places of local hosts; a name has to be one of the settings'."""
        for number, word in enumerate(words):
            found = self._addresses(word)
            if not found:
                raise self._wrong((*path, number), _WHO, word)
            yield from found

    def _peers(self, path: Path, words: list[str]) -> Iterator[Place]:
        """Yield the places of peers; a name of the settings' may be asked for as well."""
        for number, word in enumerate(words):
            found = list(GROUPS) if word == ANYBODY else self._addresses(word)
            if word not in WORDS and _is_name(word):
                found.append(name_place(word))
            if not found:
                raise self._wrong((*path, number), _PEERS, word)
            yield from found

    def _addresses(self, word: str) -> list[Place]:
        """Return the networks that a word stands for, none where it is no address."""
        texts = self._config.hosts.get(word.lower(), (word,))
        if word == PRIVATE:
            texts = self._config.private_networks
        try:
            return [network_place(text) for text in texts]
        except ValueError:
            return []

    # --- services ---------------------------------------------------------------------------------

    def _services(self, path: Path, given: Any) -> tuple[Service, ...]:  # noqa: ANN401
        """Return the services of a rule, () for any."""
        words = self._words(path, given, _SERVICES)
        return () if ANY in words else self._each_service(path, words)

    def _offers(self, given: Any) -> tuple[Service, ...]:  # noqa: ANN401
        """Return what every local host listens on; here an empty list is none."""
        if given == []:
            return ()
        path: Path = ("offers",)
        return self._each_service(path, self._words(path, given, _SERVICES))

    def _each_service(self, path: Path, words: list[str]) -> tuple[Service, ...]:
        return tuple(
            service
            for number, word in enumerate(words)
            for service in self._service((*path, number), word)
        )

    def _service(self, path: Path, word: str) -> list[Service]:
        match = _PORTS.fullmatch(word)
        if match is None:
            if word.lower() not in self._ports:
                raise self._wrong(path, _SERVICES, word)
            return self._ports[word.lower()]
        first, last = int(match[2]), int(match[3] or match[2])
        if not ANY_PORT[0] <= first <= last <= ANY_PORT[1]:
            raise self._wrong(path, "ports from 0 to 65535, the smaller one first", word)
        return [Service(match[1], first, last)]

    # --- what is wrong ----------------------------------------------------------------------------

    def _words(self, path: Path, given: Any, allowed: str) -> list[str]:  # noqa: ANN401
        """Return a word, or a list of words, as a list; an empty one would mean any to some."""
        words = given if isinstance(given, list) else [given]
        if not all(isinstance(word, str | int) and not isinstance(word, bool) for word in words):
            raise self._wrong(path, allowed)
        if not words:
            raise self._wrong(path, allowed, what="empty")
        return [str(word) for word in words]

    def _check_keys(self, values: Mapping[str, Any], path: Path, known: tuple[str, ...]) -> None:
        for key in values:
            if key not in known:
                raise self._wrong((*path, key), ", ".join(known), what="nothing is known of it")

    def _wrong(self, path: Path, allowed: str, word: str = "", what: str = "") -> ConfigError:
        """Return what to say of a value, or of one `word` of the list there."""
        line = self._line(path)
        path = path[:-1] if word else path
        key = ": ".join(str(part + 1) if isinstance(part, int) else part for part in path)
        said = what or (f"{printable(word)!r} is not allowed" if word else "not allowed")
        return ConfigError(
            f"{self._path}: line {line}: {printable(key)}: {said}; allowed: {allowed}"
        )

    def _line(self, path: Path) -> int:
        while path and path not in self._given.lines:
            path = path[:-1]
        return self._given.lines.get(path, 1)


def _is_name(word: str) -> bool:
    """Return whether a word is the name of a host, or a pattern of names."""
    return word == EVERY_NAME or bool(re.search(NAME, word.removeprefix("*.")))


def _list_of(given: Any) -> Any:  # noqa: ANN401
    """Return what was given, an empty list where nothing stands behind the key."""
    return [] if given is None else given


def _by_name(services: Services) -> dict[str, list[Service]]:
    """Return the services of each name: the same name may be of TCP and of UDP."""
    found: dict[str, list[Service]] = {}
    for proto in ("tcp", "udp"):
        for port, name in services.names(proto).items():
            found.setdefault(name.lower(), []).append(Service(proto, port, port))
    return found
