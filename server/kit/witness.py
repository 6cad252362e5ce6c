import asyncio
from types import SimpleNamespace as State

try:
    from mcp.server.mcpserver import Context, MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
except ModuleNotFoundError:  # version 1 of the SDK
    from mcp.server.fastmcp import Context, FastMCP as MCPServer
    from mcp.server.fastmcp.exceptions import ToolError

states: dict[str, State] = {}  # by key, for all sessions: who asks may be in another


def register_witness(server: MCPServer) -> None:
    """Offers `slow`, a tool to cancel, and `state`, the witness of its handlers. For tests only."""

    @server.tool()
    async def slow(key: str, steps: int, interval_ms: int, ctx: Context) -> str:
        own = states[key] = State(ticks=0, finished=0, cancelled=0, handler="running")
        if len(states) > 1000:
            del states[next(iter(states))]
        try:
            while own.ticks < steps:
                await asyncio.sleep(interval_ms / 1000)
                own.ticks += 1
                await ctx.report_progress(own.ticks, steps)
            own.finished += 1
            return f"{steps} steps done"
        except asyncio.CancelledError:
            own.cancelled += 1
            raise
        finally:
            own.handler = "ended"

    @server.tool()
    async def state(key: str) -> dict[str, int | str]:
        if key not in states:
            raise ToolError(f"No call with key {key}")
        return vars(states[key])
