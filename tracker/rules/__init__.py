"""The rules around the state table: what a segment means for its sender and its receiver.

Each module holds the rules of one matter, by the numbers that the README lists; `observe` is
where a segment comes in, the others are below it:

    observe                     counts a segment and takes it to both endpoints
    exchange  reset             segments with ACK; RST
    opening  closing            SYN; FIN
    generations  timing  space  which connection; what happens without segments; numbers
"""
