"""A server with the witness kit and nothing else: `python server/kit/server.py`, at PORT or a free port."""

import os

import uvicorn
from witness import MCPServer, register_witness

server = MCPServer("witness-kit")
register_witness(server)
port = int(os.environ.get("PORT", "0"))
# What is still open must not keep it from ending.
uvicorn.run(
    server.streamable_http_app(),
    host="127.0.0.1",
    port=port,
    timeout_graceful_shutdown=1,
)
