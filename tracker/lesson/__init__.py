"""Teaching: a capture step by step, in words, as a page, and as a quiz."""
