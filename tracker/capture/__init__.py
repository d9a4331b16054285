"""The one door for frames: saved captures now, live interfaces later.

Whatever frames come from, they leave this package as blocks (`tracker.frames.Frames`).
"""
