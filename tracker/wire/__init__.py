"""Headers on the wire, one file each, innermost result a `Segment`.

`decode` takes a `Frame` to its end: the link layer finds the IP packet, the packet finds the
segment or datagram, and `Segment` is filled in.  The answer is a number: `reasons.DECODED`, or
why the frame is neither a segment nor a datagram (see `reasons`).

Lengths come from headers and from the frame's length on the wire, never from how many octets
happened to be captured; what was not captured is *truncated*, what contradicts the RFC is
*malformed*, what is neither TCP nor UDP is *other*.
"""
