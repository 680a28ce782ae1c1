#!/usr/bin/env python3
"""embed.py FILE: prints FILE as the C array that launcher/blob.h declares.

Without FILE the array is empty: a machine for which there is no launcher."""

import pathlib
import sys

data = pathlib.Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else b""
rows = [", ".join(f"{byte:#04x}" for byte in data[at:at + 16]) for at in range(0, len(data), 16)]
print('#include "os/linux/launcher/blob.h"\n')
print("const unsigned char launcher_blob[] = {\n\t" + ",\n\t".join(rows or ["0"]) + ",\n};")
print(f"const size_t launcher_blob_size = {len(data)};")
