"""A step as JSON: complete, with the names of rows where there are such."""

from typing import Any

from tracker.lesson.explained import idle
from tracker.lesson.layers import Layer, layers
from tracker.lesson.notation import acknowledgment, control, notation, sequence
from tracker.lesson.rules import Saying, new_notes, of_part, saying
from tracker.lesson.segments import kind
from tracker.lesson.sight import End, Sight, note_names
from tracker.lesson.steps import Change, Part, Step
from tracker.report.text import timestamp
from tracker.tcp_state import EVENTS
from tracker.wire.segment import ACK


def record(step: Step) -> dict[str, Any]:
    """Return a step as an object: frame, layers, segments, changes; frame null where time does."""
    sights = {sight.number: sight for sight in step.touched}
    return {
        "frame": step.frame or None,
        "time": timestamp(step.time),
        "length": step.wire if step.frame else None,
        "captured": len(step.octets) if step.frame else None,
        "layers": [layer_record(layer) for layer in layers(step.octets, step.link_type)]
        if step.frame
        else [],
        "segments": [part_record(part) for part in step.parts],
        "not_decoded": list(step.reasons),
        "changes": [change_record(change, sights[change.connection]) for change in step.changes],
        "ended": [{"connection": number, "text": idle(sights[number])} for number in step.ended],
    }


def layer_record(layer: Layer) -> dict[str, Any]:
    """Return a layer of a frame as an object, with the place of each field in the frame."""
    return {
        "name": layer.name,
        "layer": layer.number,
        "offset": layer.start,
        "length": layer.length,
        "fields": [
            {
                "name": field.name,
                "label": field.label,
                "value": field.value,
                "offset": field.start,
                "length": field.length,
                "bits": field.bits or None,
            }
            for field in layer.fields
        ],
    }


def part_record(part: Part) -> dict[str, Any]:
    """Return a segment, datagram or error as an object."""
    after = part.after
    source, destination = after.sockets[part.side], after.sockets[1 - part.side]
    told: dict[str, Any] = {
        "kind": kind(part),
        "frame": part.frame,
        "source": str(source),
        "destination": str(destination),
        "socket_pair": [str(socket) for socket in after.sockets],
        "connection": after.number,
        "generation": after.generation,
        "proto": "tcp" if after.is_tcp else "udp",
        "sender": role(after, part.side),
        "notation": notation(part),
        "payload": part.payload,
    }
    if part.kind == "segment":
        told |= _numbers(part)
    if part.kind == "error":
        told |= {"icmp_type": part.icmp[0], "icmp_code": part.icmp[1]}
    return told | {
        "before": None if part.before is None else states_record(part.before),
        "after": states_record(after),
        "changes": [change_record(change, after) for change in part.changes],
        "notes": note_names(new_notes(part)),
        "told": [saying_record(said) for said in of_part(part)],
    }


def _numbers(part: Part) -> dict[str, Any]:
    has_ack = bool(part.flags & ACK)
    return {
        "sequence": part.sequence,
        "acknowledgment": part.acknowledgment if has_ack else None,
        "relative_sequence": sequence(part),
        "relative_acknowledgment": acknowledgment(part) if has_ack else None,
        "control": control(part.flags),
        "window": part.window,
    }


def role(sight: Sight, side: int) -> str:
    """Return "client" for the end that opened the connection, "server" for the other."""
    return "client" if side == sight.initiator else "server"


def states_record(sight: Sight) -> dict[str, Any]:
    """Return what is known of both ends, of the client first."""
    return {
        role(sight, side): _end_record(sight.ends[side])
        for side in (sight.initiator, 1 - sight.initiator)
    } | ({} if sight.is_tcp else {"pseudo_state": sight.pseudo_state})


def _end_record(end: End) -> dict[str, Any]:
    return {
        "state": None if end.state is None else end.state.name,
        "certainty": end.certainty,
        "heard": end.exists,
        "row": end.row,
        "evidence_frame": end.frame or None,
        "evidence": None if end.event is None else EVENTS[end.event][0],
    }


def change_record(change: Change, sight: Sight) -> dict[str, Any]:
    """Return a change of state as an object."""
    said = saying(change, sight)
    return {
        "connection": change.connection,
        "end": role(sight, change.side),
        "socket": str(sight.sockets[change.side]),
        "before": change.before.name,
        "after": change.after.name,
        "certainty": change.certainty,
        "event": EVENTS[change.event][0],
        "frame": change.frame or None,
        "time": timestamp(change.time),
        "by_time": change.by_time,
    } | saying_record(said)


def saying_record(said: Saying) -> dict[str, Any]:
    """Return a statement as an object."""
    return {"rule": said.rule, "source": said.source or None, "text": said.text}
