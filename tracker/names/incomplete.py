"""What a parser says when the name may stand in octets that have not come yet."""


class Incomplete(Exception):  # noqa: N818 - nothing is wrong
    """More of the stream is needed.

    needed   octets of the stream, from its beginning, that are needed at least
    """

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed
