"""A client of a language server (Language Server Protocol 3.17) over its standard streams."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SECONDS = 60


class LanguageServer:
    """A running server with one open document at a time.

    Args:
        command: The program in the environment of this process, and its arguments.
        folder: The workspace.
        settings: The answers to `workspace/configuration`, by section.
    """

    def __init__(self, command: list[str], folder: Path, settings: dict[str, Any]) -> None:
        program = Path(sys.executable).with_name(command[0])
        self._process = subprocess.Popen(
            [str(program), *command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        self._settings = settings
        self._uri = folder.joinpath("editing.py").as_uri()
        self._version = 0
        self._number = 0
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read_all, daemon=True).start()
        root = folder.as_uri()
        formats = {"documentationFormat": ["markdown"]}
        completion = {"completionItem": {**formats, "resolveSupport": {"properties": []}}}
        text_document = {
            "completion": completion,
            "hover": {"contentFormat": ["markdown"]},
            "signatureHelp": {
                "signatureInformation": {
                    **formats,
                    "parameterInformation": {"labelOffsetSupport": True},
                }
            },
        }
        self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root,
                "workspaceFolders": [{"uri": root, "name": "editing"}],
                "capabilities": {
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "textDocument": text_document,
                },
            },
        )
        self._tell("initialized", {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    # --- an editor's questions ----------------------------------------------------------------

    def open(self, text: str) -> None:
        """Open a document with this text, instead of the former one."""
        if self._version:
            self._tell("textDocument/didClose", {"textDocument": {"uri": self._uri}})
        self._version += 1
        document = {"uri": self._uri, "languageId": "python", "version": self._version}
        self._tell("textDocument/didOpen", {"textDocument": {**document, "text": text}})

    def complete(self, line: int, column: int) -> list[dict[str, Any]]:
        """Return the items that an editor offers at a place, counted from 0."""
        answer = self._ask_at("textDocument/completion", line, column)
        items: list[dict[str, Any]] = answer["items"] if isinstance(answer, dict) else answer or []
        return items

    def resolve(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return an offered item with its documentation."""
        answer: dict[str, Any] = self.ask("completionItem/resolve", item)
        return answer

    def signature(self, line: int, column: int) -> dict[str, Any]:
        """Return the first signature that an editor shows at a place."""
        answer = self._ask_at("textDocument/signatureHelp", line, column)
        signature: dict[str, Any] = answer["signatures"][0] if answer else {}
        return signature

    def hover(self, line: int, column: int) -> str:
        """Return the text that an editor shows for the name at a place."""
        answer = self._ask_at("textDocument/hover", line, column)
        contents: Any = answer["contents"] if answer else ""
        return str(contents["value"] if isinstance(contents, dict) else contents)

    # --- the protocol -------------------------------------------------------------------------

    def ask(self, method: str, parameters: dict[str, Any]) -> Any:
        """Send a request, and return its result."""
        self._number += 1
        self._write({"id": self._number, "method": method, "params": parameters})
        while True:
            answer = self._answers.get(timeout=SECONDS)
            if answer["id"] == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _ask_at(self, method: str, line: int, column: int) -> Any:
        position = {"line": line, "character": column}
        return self.ask(method, {"textDocument": {"uri": self._uri}, "position": position})

    def _tell(self, method: str, parameters: dict[str, Any]) -> None:
        self._write({"method": method, "params": parameters})

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read_all(self) -> None:
        """Collect the answers to our requests, and answer those of the server."""
        while (message := self._read()) is not None:
            if "method" not in message:
                self._answers.put(message)
            elif "id" in message:
                self._write({"id": message["id"], "result": self._result_for(message)})

    def _result_for(self, message: dict[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        return [self._settings.get(item.get("section", "")) for item in message["params"]["items"]]

    def _read(self) -> dict[str, Any] | None:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while (line := stream.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if not length:
            return None
        message: dict[str, Any] = json.loads(stream.read(length))
        return message
