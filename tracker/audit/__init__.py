"""The commands `audit` and `learn`: connections that nothing explains, and what is normal."""
