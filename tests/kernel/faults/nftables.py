# SPDX-License-Identifier: GPL-2.0-or-later
"""nft(8) without a process of its own: the library that it is made of."""

import ctypes

STATELESS = 1 << 2  # NFT_CTX_OUTPUT_STATELESS of <nftables/libnftables.h>


class Nftables:
    """Its socket belongs to the network namespace that it is made in."""

    def __init__(self):
        self.library = library = ctypes.CDLL("libnftables.so.1")
        library.nft_ctx_new.restype = ctypes.c_void_p
        library.nft_ctx_get_output_buffer.restype = ctypes.c_char_p
        self.context = ctypes.c_void_p(library.nft_ctx_new(0))
        if not self.context:
            raise RuntimeError("libnftables gives no context")
        library.nft_ctx_buffer_output(self.context)
        library.nft_ctx_buffer_error(self.context)
        library.nft_ctx_output_set_flags(self.context, STATELESS)

    def run(self, command):
        """What it prints; nothing when it fails, as for a table that is not there."""
        status = self.library.nft_run_cmd_from_buffer(self.context, command.encode())
        output = self.library.nft_ctx_get_output_buffer(self.context).decode()
        self.library.nft_ctx_get_error_buffer(self.context)
        return output if status == 0 else ""
