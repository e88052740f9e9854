"""LineWriter on pipes, terminals, devices and files: whole lines, none twice, and never in anybody's way."""

from __future__ import annotations

import errno
import os
import pty
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trio
import trio.testing

from statustrio.consumers import lines
from statustrio.consumers.lines import OURS, PIPE_BUF, TAIL, LineWriter
from statustrio.errors import ConsumerGoneError, DeliveryError

LINE = OURS + b'1,"seq":%d}'
LONG = OURS + b'1,"message":"' + b"x" * 3 * PIPE_BUF + b'"}'


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


@contextmanager
def opened(path: Path, flags: int = os.O_RDWR | os.O_APPEND | os.O_CREAT) -> Iterator[int]:
    descriptor = os.open(path, flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def write(writer: LineWriter, *lines: bytes) -> None:
    with trio.fail_after(5):
        for line in lines:
            await writer.write(line)


async def append(path: Path, *lines: bytes, cut: bool) -> bytes:
    """Write the lines to a file as a new process would; what stands in it then."""
    with opened(path) as descriptor:
        await write(LineWriter.resume(descriptor, readable=descriptor, cut=cut), *lines)
    return path.read_bytes()


async def test_each_line_is_written_whole_with_its_newline(pipe: tuple[int, int]) -> None:
    await write(LineWriter(pipe[1]), LINE % 1, LINE % 2)
    assert os.read(pipe[0], 1000) == LINE % 1 + b"\n" + LINE % 2 + b"\n"


async def test_a_line_that_the_kernel_takes_in_parts_arrives_whole(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(lines.os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    await write(LineWriter(pipe[1]), LINE % 1, LINE % 2)
    assert os.read(pipe[0], 1000) == LINE % 1 + b"\n" + LINE % 2 + b"\n"


async def test_a_line_longer_than_the_pipe_waits_for_its_reader(pipe: tuple[int, int]) -> None:
    line = OURS + b"x" * (1 << 20)
    received = bytearray()

    async def read() -> None:
        while len(received) <= len(line):
            await trio.lowlevel.wait_readable(pipe[0])
            received.extend(os.read(pipe[0], 1 << 16))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await LineWriter(pipe[1]).write(line)
    assert received == line + b"\n"


@pytest.mark.alone
async def test_a_pipe_that_is_full_holds_up_nobody_else_and_can_be_cancelled_at_once(pipe: tuple[int, int]) -> None:
    writer = LineWriter(pipe[1])
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.write, OURS + b"x" * (1 << 20))
            await trio.testing.wait_all_tasks_blocked()
            began = trio.current_time()
            nursery.cancel_scope.cancel()
        assert trio.current_time() - began < 0.2


async def test_a_full_pipe_that_does_not_block_is_waited_for(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    with trio.move_on_after(0.05):
        await LineWriter(pipe[1]).write(OURS + b"x" * (1 << 20))
    assert len(os.read(pipe[0], 1 << 20)) >= PIPE_BUF


async def test_a_full_descriptor_that_says_it_is_writable_is_tried_again(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = os.write, iter([BlockingIOError(errno.EAGAIN, "again")])

    def once_full(descriptor: int, data: bytes) -> int:
        for error in tries:
            raise error
        return real(descriptor, data)

    monkeypatch.setattr(lines.os, "write", once_full)
    await write(LineWriter(pipe[1]), LINE % 1)
    assert os.read(pipe[0], 1000) == LINE % 1 + b"\n"


async def test_a_reader_that_closed_the_pipe_is_gone(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    with pytest.raises(ConsumerGoneError):
        await write(LineWriter(pipe[1]), LINE % 1)


async def test_a_reader_that_closes_a_full_pipe_is_gone(pipe: tuple[int, int]) -> None:
    gone = False

    async def attempt() -> None:
        nonlocal gone
        try:
            await LineWriter(pipe[1]).write(OURS + b"x" * (1 << 20))
        except ConsumerGoneError:
            gone = True

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(attempt)
            await trio.testing.wait_all_tasks_blocked()
            os.close(pipe[0])
    assert gone


async def test_a_descriptor_that_was_closed_is_gone(pipe: tuple[int, int]) -> None:
    os.close(pipe[1])
    with pytest.raises(ConsumerGoneError):
        await write(LineWriter(pipe[1]), LINE % 1)


async def test_a_terminal_takes_lines_and_is_gone_when_it_hangs_up() -> None:
    main, terminal = pty.openpty()
    try:
        tty.setraw(terminal)
        writer = LineWriter(terminal)
        await write(writer, LINE % 1)
        assert os.read(main, 1000) == LINE % 1 + b"\n"
        os.close(main)
        with pytest.raises(ConsumerGoneError):
            await write(writer, LINE % 2)
    finally:
        os.close(terminal)


async def test_dev_null_takes_everything() -> None:
    with opened(Path(os.devnull), os.O_WRONLY) as descriptor:
        await write(LineWriter.resume(descriptor, readable="/dev/null", cut=True), LINE % 1, LONG, LINE % 2)


async def test_a_full_disk_is_told_and_the_line_goes_on_where_it_had_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = PIPE_BUF + 10
    real = os.write

    def limited(descriptor: int, data: bytes) -> int:
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = real(descriptor, data[:room])
        room -= taken
        return taken

    monkeypatch.setattr(lines.os, "write", limited)
    path = tmp_path / "out"
    with opened(path) as descriptor:
        writer = LineWriter.resume(descriptor, readable=descriptor, cut=True)
        for _ in range(3):
            with pytest.raises(DeliveryError, match="No space left"):
                await write(writer, LONG)
        assert path.stat().st_size == PIPE_BUF + 10
        room = 10**6
        await write(writer, LONG, LINE % 2)
    assert path.read_bytes() == LONG + b"\n" + LINE % 2 + b"\n"


async def test_dev_full_is_a_delivery_to_try_again() -> None:
    with opened(Path("/dev/full"), os.O_WRONLY) as descriptor, pytest.raises(DeliveryError):
        await write(LineWriter(descriptor), LINE % 1)


async def test_another_line_after_a_torn_one_finishes_the_torn_one_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "out", os.write

    def torn(descriptor: int, data: bytes) -> int:
        monkeypatch.setattr(lines.os, "write", full)
        return real(descriptor, data[:5])

    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(lines.os, "write", torn)
    with opened(path) as descriptor:
        writer = LineWriter(descriptor)
        with pytest.raises(DeliveryError):
            await write(writer, LINE % 1)
        monkeypatch.setattr(lines.os, "write", real)
        await write(writer, LINE % 2)
    assert path.read_bytes() == LINE % 1 + b"\n" + LINE % 2 + b"\n"


async def test_a_failing_disk_is_tried_again_and_no_reader_that_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(lines.os, "write", failing)
    with opened(tmp_path / "out") as descriptor, pytest.raises(DeliveryError, match="Input/output"):
        await write(LineWriter(descriptor), LINE % 1)


async def test_a_file_that_may_no_longer_be_written_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(_descriptor: int, _data: bytes) -> int:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(lines.os, "write", refusing)
    with opened(tmp_path / "out") as descriptor, pytest.raises(DeliveryError, match="not permitted"):
        await write(LineWriter(descriptor), LINE % 1)


@pytest.mark.parametrize("cut", [True, False])
async def test_a_line_that_stands_in_the_tail_is_not_written_again(tmp_path: Path, cut: bool) -> None:
    path = tmp_path / "out"
    before = b"foreign\n" + LINE % 1 + b"\n" + LINE % 2 + b"\n"
    path.write_bytes(before)
    assert await append(path, LINE % 1, LINE % 2, LINE % 3, cut=cut) == before + LINE % 3 + b"\n"


@pytest.mark.parametrize("cut", [True, False])
async def test_the_beginning_of_a_line_in_the_tail_is_another_line(tmp_path: Path, cut: bool) -> None:
    path = tmp_path / "out"
    path.write_bytes(LINE % 10 + b"\n")
    assert (await append(path, LINE % 1, cut=cut)).endswith(b"\n" + LINE % 1 + b"\n")


async def test_a_torn_last_line_of_ours_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(LINE % 1 + b"\n" + (LINE % 2)[:-3])
    assert await append(path, LINE % 2, cut=True) == LINE % 1 + b"\n" + LINE % 2 + b"\n"


async def test_a_torn_last_line_is_ended_where_it_must_not_be_cut(tmp_path: Path) -> None:
    path = tmp_path / "out"
    before = LINE % 1 + b"\n" + (LINE % 2)[:-3]
    path.write_bytes(before)
    assert await append(path, LINE % 2, cut=False) == before + b"\n" + LINE % 2 + b"\n"


@pytest.mark.parametrize("cut", [True, False])
async def test_a_line_that_lacks_only_its_newline_is_not_doubled(tmp_path: Path, cut: bool) -> None:
    path = tmp_path / "out"
    path.write_bytes(LINE % 1 + b"\n" + LINE % 2)
    expected = b"".join(LINE % seq + b"\n" for seq in (1, 2, 3))
    assert await append(path, LINE % 2, LINE % 3, cut=cut) == expected


async def test_a_foreign_last_line_without_newline_is_ended_and_never_cut(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"somebody's words")
    assert await append(path, LINE % 1, cut=True) == b"somebody's words\n" + LINE % 1 + b"\n"


async def test_nothing_is_added_to_a_file_until_there_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"somebody's words")
    assert await append(path, cut=True) == b"somebody's words"


@pytest.mark.parametrize("offset", range(-2, 3))
async def test_the_tail_may_begin_anywhere(tmp_path: Path, offset: int) -> None:
    path = tmp_path / "out"
    body = LINE % 1 + b"\n" + LINE % 2 + b"\n"
    path.write_bytes(b"y" * (TAIL - len(body) + offset - 1) + b"\n" + body)
    assert (await append(path, LINE % 1, LINE % 2, LINE % 3, cut=True)).endswith(b"\n" + body + LINE % 3 + b"\n")


async def test_the_rest_of_a_line_cut_by_the_tails_beginning_is_no_line(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"y" * 100 + LINE % 1 + b"\n" + b"z" * (TAIL - len(LINE % 1) - 2) + b"\n")
    assert (await append(path, LINE % 1, cut=True)).endswith(b"z\n" + LINE % 1 + b"\n")


async def test_a_kill_at_any_byte_leaves_a_file_that_goes_on_without_a_doubled_or_broken_line(tmp_path: Path) -> None:
    whole = b"".join(LINE % seq + b"\n" for seq in (1, 2, 3))
    for size in range(len(whole) + 1):
        path = tmp_path / "out"
        path.write_bytes(whole[:size])
        acknowledged = max(whole.count(b"\n", 0, size) - 1, 0)
        owed = [LINE % seq for seq in (1, 2, 3)][acknowledged:]
        assert await append(path, *owed, cut=True) == whole, size


HUGE = OURS + b'1,"message":"' + b"x" * 3 * TAIL + b'"}'


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("before", [b"", LINE % 1 + b"\n", LINE % 1 + b"\n" + LINE % 2 + b"\n"])
async def test_a_line_longer_than_the_tail_is_known_again(tmp_path: Path, before: bytes, cut: bool) -> None:
    path = tmp_path / "out"
    for end in (b"", b"\n"):
        path.write_bytes(before + HUGE + end)
        assert await append(path, HUGE, LINE % 3, cut=cut) == before + HUGE + b"\n" + LINE % 3 + b"\n"


@pytest.mark.parametrize("before", [b"", LINE % 1 + b"\n"])
async def test_a_torn_line_longer_than_the_tail_is_cut_off_whole(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "out"
    path.write_bytes(before + HUGE[:-3])
    assert await append(path, HUGE, cut=True) == before + HUGE + b"\n"


async def test_of_a_file_without_lines_no_more_is_read_than_any_line_of_ours_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST", 2 * TAIL)
    path = tmp_path / "out"
    path.write_bytes(b"y" * 5 * TAIL)
    read = []
    pread = os.pread
    monkeypatch.setattr(lines.os, "pread", lambda *args: read.append(args[1]) or pread(*args))
    assert (await append(path, LINE % 1, cut=True)).endswith(b"y\n" + LINE % 1 + b"\n")
    assert read == [TAIL, 2 * TAIL]


async def test_the_file_behind_a_write_only_descriptor_is_read_by_another_name(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(LINE % 1 + b"\n")
    with opened(path, os.O_WRONLY | os.O_APPEND) as descriptor:
        await write(LineWriter.resume(descriptor, readable=f"/dev/fd/{descriptor}", cut=False), LINE % 1, LINE % 2)
    assert path.read_bytes() == LINE % 1 + b"\n" + LINE % 2 + b"\n"


def test_a_file_that_cannot_be_read_back_says_so(tmp_path: Path) -> None:
    with opened(tmp_path / "out") as descriptor, pytest.raises(OSError, match="No such file"):
        LineWriter.resume(descriptor, readable=str(tmp_path / "gone"), cut=False)


def test_looking_at_a_file_leaves_no_descriptor_behind(tmp_path: Path, count_descriptors: Callable[[], int]) -> None:
    with opened(tmp_path / "out") as descriptor:
        before = count_descriptors()
        LineWriter.resume(descriptor, readable=descriptor, cut=True)
        LineWriter.resume(descriptor, readable=f"/dev/fd/{descriptor}", cut=True)
        assert count_descriptors() == before


@pytest.fixture
def count_descriptors() -> Callable[[], int]:
    return lambda: len(list(Path("/dev/fd").iterdir()))
