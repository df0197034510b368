"""The first script that the bootloader runs; it leaves nothing in the namespace that the agent's own then has."""

__import__("edge_start").install()
