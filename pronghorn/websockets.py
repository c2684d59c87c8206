"""The websocket that an endpoint accepts, and how it ends."""

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pronghorn.core.reexports import find_elsewhere

__all__ = ["WebSocket", "WebSocketDisconnect", "WebSocketState"]


find_elsewhere(__name__)
