"""The typing session: open files, the requests for them, and one model. It knows no LSP."""
