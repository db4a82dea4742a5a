"""Spans of real processes, sent to a real receiver, lead from entering to the coupon."""

import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.house import ROOT, eventually
from tests.integration.test_request_ids_in_logs import is_issued

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


@contextmanager
def receiver() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """An OTLP/HTTP receiver: its address, and every span so far with who sent it."""
    spans: list[tuple[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for of_process in ExportTraceServiceRequest.FromString(body).resource_spans:
                said = {one.key: one.value.string_value for one in of_process.resource.attributes}
                for scope in of_process.scope_spans:
                    spans.extend((said["service.name"], span) for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", spans
        server.shutdown()


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_traces_lead_from_entering_through_the_batch_to_the_coupon(house, code):
    with receiver() as (address, spans):
        house.environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        house.start_web()
        house.start("admitter")
        house.start("worker")
        house.offer(code, total=5)
        request = urllib.request.Request(f"{house.base_url}/api/rooms/{code}/enter", method="POST")
        request.add_header("Authorization", f"Bearer {house.identity.sign('alice@example.com')}")
        request.add_header("traceparent", f"00-{TRACE}-{SPAN}-01")
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.headers["X-Request-Id"] == TRACE
        eventually(lambda: is_issued(house, code, "alice@example.com"))

        def one(process: str, name: str) -> Any:
            found = [span for who, span in list(spans) if (who, span.name) == (process, name)]
            return found[0] if found else None

        names = (
            ("waitroom-web", "POST /api/rooms/{code}/enter"),
            ("waitroom-admitter", "feed"),
            ("waitroom-worker", "issue"),
        )
        eventually(lambda: all(one(*name) for name in names))
        entered, fed, issued = (one(*name) for name in names)

    assert (entered.trace_id.hex(), entered.parent_span_id.hex()) == (TRACE, SPAN)
    assert attributes(entered) == {
        "http.request.method": "POST",
        "http.route": "/api/rooms/{code}/enter",
        "http.response.status_code": 202,
        "waitroom.room": code,
    }
    for batch in (fed, issued):
        assert [(link.trace_id, link.span_id) for link in batch.links] == [
            (entered.trace_id, entered.span_id)
        ]
        assert attributes(batch) == {"waitroom.room": code, "waitroom.members": 1}
    assert fed.trace_id != entered.trace_id
    assert (issued.trace_id, issued.parent_span_id) == (fed.trace_id, fed.span_id)
    sent = "".join(str(span) for _, span in spans)
    assert "alice" not in sent
    assert not [token for token in house.identity.minted if token in sent]


def test_nothing_of_it_is_imported_where_nobody_asks_for_traces():
    program = (
        "import sys, processes.web, processes.admitter, processes.worker\n"
        "from processes.tracing import open_tracing\n"
        "assert open_tracing('', 'web') is None\n"
        "ours = ('opentelemetry.sdk.trace', 'opentelemetry.exporter')\n"
        "print([name for name in sys.modules if name.startswith(ours)])"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout == "[]\n", done.stderr
