"""The server of the pages: nginx over a directory of files, in a place of its own, on loopback.

Every answer is logged with its time, in a buffer, so that polls are counted where they arrive and both clients are
divided by the polls they truly made. Bodies are gzipped, as status pages send them.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme
from attrs import define, field, frozen

from benchmarks.cores import OTHERS, keep_to

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
FLUSH_SECONDS = 0.2
"""What nginx may keep of its log before it writes it."""
ADDRESSES = 20
"""Ten thousand connections to one address have the kernel search for free ports, and a certificate of hundreds of
names costs each connection 100 kB: real pages have neither."""
CONDITIONAL, PLAIN, STAMPED = "pages", "plain", "stamped"
"""The three ways to serve a file: with ETag and Last-Modified, with neither, and with another time at each request."""

CONFIG = """\
{user}daemon off;
master_process on;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {place}/nginx.pid;
error_log {place}/error.log warn;
events {{ worker_connections 19000; }}
http {{
  client_body_temp_path {place}/tmp; proxy_temp_path {place}/tmp; fastcgi_temp_path {place}/tmp;
  uwsgi_temp_path {place}/tmp; scgi_temp_path {place}/tmp;
  types {{ application/atom+xml atom; }}
  log_format polls '$msec $status $uri';
  access_log {place}/polls.log polls buffer=64k flush={flush}ms;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  sendfile on;
  tcp_nodelay on;
  gzip on; gzip_comp_level 1; gzip_types application/atom+xml; gzip_proxied any;
  map "$time_iso8601 $msec" $moving {{ "~^(?<second>.{{19}}).*\\.(?<milli>[0-9]+)$" "$second.${{milli}}Z"; }}
  server {{
    {listen}
    ssl_certificate {place}/chain.pem; ssl_certificate_key {place}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    root {place};
    location /pages/ {{ etag on; }}
    location /plain/ {{ alias {place}/pages/; etag off; if_modified_since off; add_header Last-Modified ""; }}
    location /stamped/ {{
      alias {place}/pages/; sub_filter_types application/atom+xml; sub_filter @stamp@ $moving;
    }}
    location / {{ return 404; }}
  }}
}}
"""


@frozen
class Answer:
    """One answer as the log has it: when it was sent, in seconds since the epoch, its status and path."""

    at: float
    status: int
    path: str


@define
class Origin:
    """The running server. `read()` brings `answers` up to what nginx has written."""

    place: Path
    port: int
    tls_port: int
    addresses: Sequence[str]
    answers: list[Answer] = field(factory=list)
    _offset: int = 0
    _mtimes: Counter[int] = field(factory=Counter)

    @property
    def authority(self) -> Path:
        """The certificate to trust."""
        return self.place / "authority.pem"

    def url(self, number: int, way: str = CONDITIONAL, *, tls: bool = False) -> str:
        """Where a page is: each on an address of its own, as far as there are addresses.

        Real pages are on a host each, and a client that keeps one pool for all must not profit from a shared one.
        """
        address = self.addresses[number % len(self.addresses)]
        return f"{'https' if tls else 'http'}://{address}:{self.tls_port if tls else self.port}/{way}/{number}.atom"

    def write(self, number: int, body: bytes) -> float:
        """Put a page in place at once and whole; when, in seconds since the epoch.

        nginx makes ETags of length and mtime in whole seconds, so each writing moves the mtime by one.
        """
        path = self.place / "pages" / f"{number}.atom"
        new = path.with_suffix(".new")
        new.write_bytes(body)
        self._mtimes[number] += 1
        os.utime(new, (0, 1_700_000_000 + self._mtimes[number]))
        new.replace(path)
        return time.time()

    def link(self, number: int, other: int) -> None:
        """Let a page be the same file as another: many pages that nobody rewrites."""
        pages = self.place / "pages"
        with suppress(FileExistsError):
            os.link(pages / f"{other}.atom", pages / f"{number}.atom")

    def read(self) -> list[Answer]:
        """All answers of the log since `forget`."""
        with (self.place / "polls.log").open("rb") as log:
            log.seek(self._offset)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.decode().splitlines():
            at, status, path = line.split(" ", 2)
            self.answers.append(Answer(float(at), int(status), path))
        return self.answers

    def forget(self) -> None:
        time.sleep(2 * FLUSH_SECONDS)
        self.read()
        self.answers.clear()

    def polls(self, since: float = 0, until: float = float("inf")) -> list[Answer]:
        """The polls answered in a window, without what the daemon asks for besides the feed."""
        return [one for one in self.read() if since <= one.at < until and one.path.endswith(".atom")]

    def counts(self) -> Counter[str]:
        """How often each page was polled since `forget`."""
        return Counter(one.path for one in self.read() if one.path.endswith(".atom"))


@contextmanager
def open_origin(place: Path, *, addresses: int = 1) -> Iterator[Origin]:
    """Run nginx in `place`, a directory that is there; leaving ends it."""
    assert NGINX is not None
    (place / "pages").mkdir()
    (place / "tmp").mkdir()
    hosts = ["127.0.0.1"] if addresses == 1 else [f"127.1.{n // 250}.{n % 250 + 1}" for n in range(addresses)]
    certify(place, hosts)
    port, tls_port = free_ports(2)
    (place / "nginx.conf").write_text(
        CONFIG.format(
            user="user root;\n" if os.geteuid() == 0 else "",
            place=place,
            flush=round(FLUSH_SECONDS * 1000),
            listen="\n    ".join(
                f"listen {host}:{port} backlog=4096; listen {host}:{tls_port} ssl backlog=4096;" for host in hosts
            ),
        )
    )
    server = subprocess.Popen(
        [NGINX, "-p", place, "-c", place / "nginx.conf", "-e", place / "error.log"],
        preexec_fn=keep_to(OTHERS),  # noqa: PLW1509  no threads of ours hold a lock here
    )
    try:
        wait_for(hosts[-1], port, server, place / "error.log")
        yield Origin(place, port, tls_port, hosts)
    finally:
        server.terminate()
        server.wait()


def certify(place: Path, hosts: Sequence[str]) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert(*hosts)
    authority.cert_pem.write_to_path(place / "authority.pem")
    certificate.private_key_pem.write_to_path(place / "key.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(place / "chain.pem", append=True)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(host: str, port: int, server: subprocess.Popen[bytes], errors: Path) -> None:
    for _ in range(200):
        if server.poll() is not None:
            break
        with suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"nginx did not start: {errors.read_text()[-2000:]}")
