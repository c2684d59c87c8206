"""A chat over WebSockets in one file: rooms, and a page to use them.

    pronghorn run examples/chat.py

Open http://127.0.0.1:8000 in two tabs. The rooms live in one process; several processes would
exchange the messages through a broker such as Redis.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import anyio
from pydantic import BaseModel

from pronghorn import FastAPI, Path, Query, WebSocket, WebSocketDisconnect
from pronghorn.responses import HTMLResponse

MAX_TEXT = 2000
MAX_WAITING = 100

Name = Annotated[str, Query(min_length=1, max_length=40)]
RoomName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]


class Message(BaseModel):
    """A message that the members of a room receive."""

    name: str
    text: str


class Member:
    """A member of a room, with the messages that are still to be sent to it.

    A queue for each member keeps one slow client from holding up the others.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._sender, self.messages = anyio.create_memory_object_stream[Message](MAX_WAITING)

    def put(self, message: Message) -> None:
        """Queue a message. A member whose queue is full loses its connection."""
        try:
            self._sender.send_nowait(message)
        except anyio.WouldBlock:
            self._sender.close()
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass  # It is leaving.

    def close(self) -> None:
        """Forget the messages that wait."""
        self._sender.close()
        self.messages.close()


class Rooms:
    """The rooms in which somebody is, by name."""

    def __init__(self) -> None:
        self._members: dict[str, set[Member]] = {}

    @contextmanager
    def enter(self, room: str, name: str) -> Iterator[Member]:
        """Make a member of a room, for as long as the block runs."""
        member = Member(name)
        self._members.setdefault(room, set()).add(member)
        self.say(room, Message(name=name, text="joins"))
        try:
            yield member
        finally:
            self._members[room].discard(member)
            member.close()
            self.say(room, Message(name=name, text="leaves"))
            if not self._members[room]:
                del self._members[room]

    def say(self, room: str, message: Message) -> None:
        """Queue a message for everybody in a room."""
        for member in self._members[room]:
            member.put(message)

    def count(self) -> dict[str, int]:
        """Return the number of members of each room."""
        return {room: len(members) for room, members in self._members.items()}


rooms = Rooms()
app = FastAPI(title="Chat")


@app.websocket("/rooms/{room}")
async def join_room(socket: WebSocket, room: RoomName, name: Name) -> None:
    """Send everything that is said in a room, and say what the client sends."""
    await socket.accept()
    with rooms.enter(room, name) as member:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send_messages, socket, member, tasks.cancel_scope)
            await receive_texts(socket, room, name)
            tasks.cancel_scope.cancel()


async def receive_texts(socket: WebSocket, room: str, name: str) -> None:
    """Say what the client sends. Returns when the client has left, or breaks the rules."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        text = message.get("text")
        if text is None:
            await socket.close(1003, "Text messages only")
            return
        if len(text) > MAX_TEXT:
            await socket.close(1009, f"At most {MAX_TEXT} characters")
            return
        rooms.say(room, Message(name=name, text=text))


async def send_messages(socket: WebSocket, member: Member, scope: anyio.CancelScope) -> None:
    """Send what is queued for a member, and close the connection of one that is too slow."""
    with suppress(WebSocketDisconnect):
        async for message in member.messages:
            await socket.send_text(message.model_dump_json())
        await socket.close(1013, "Too many messages are waiting")
    scope.cancel()


@app.get("/rooms")
async def list_rooms() -> dict[str, int]:
    """Return the rooms and the number of their members."""
    return rooms.count()


PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Chat</title>
<form id="join">
  <input name="name" placeholder="Your name" required maxlength="40">
  <input name="room" placeholder="Room" required pattern="[a-z0-9\\-]{1,40}" value="lobby">
  <button>Join</button>
</form>
<form id="say" hidden><input name="text" maxlength="2000" autocomplete="off"></form>
<ul id="messages"></ul>
<script>
const join = document.getElementById("join"), say = document.getElementById("say");
function show(text) {
  const item = document.createElement("li");
  item.textContent = text;  // Never innerHTML: others have written it.
  document.getElementById("messages").append(item);
}
join.onsubmit = (event) => {
  event.preventDefault();
  const address = new URL(`/rooms/${join.room.value}`, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("name", join.name.value);
  const socket = new WebSocket(address);
  socket.onopen = () => { join.hidden = true; say.hidden = false; };
  socket.onmessage = ({data}) => {
    const {name, text} = JSON.parse(data);
    show(`${name}: ${text}`);
  };
  socket.onclose = ({reason}) => {
    join.hidden = false; say.hidden = true;
    show(reason || "The connection is closed.");
  };
  say.onsubmit = (event) => {
    event.preventDefault();
    socket.send(say.text.value);
    say.reset();
  };
};
</script>
"""


@app.get("/", response_class=HTMLResponse, include_in_schema=False)
async def read_page() -> str:
    """Return the page of the chat."""
    return PAGE
