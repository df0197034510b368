"""The last script that the bootloader runs: the agent. What edge_agent/__main__.py is elsewhere."""

from edge_start import leave  # type: ignore[import-not-found] # beside this one in the archive

from edge_agent.cli import main

leave(main())
