"""The command `live`: the table of the connections that an interface shows, as they come and go."""
