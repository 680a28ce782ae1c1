#!/usr/bin/env python3
"""manual.py SCDOC PROSE [WRIT COMMAND]: prints a manual page.

With WRIT, its name, synopsis and options come from the table of options, as
`writ help --manual COMMAND` prints it; PROSE is the rest."""

import pathlib
import subprocess
import sys

scdoc, prose, *table = sys.argv[1:]
text = ""
if table:
    writ, command = table
    text = subprocess.run([writ, "help", "--manual", command], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
text += pathlib.Path(prose).read_text()
subprocess.run([scdoc], input=text.encode(), check=True)
