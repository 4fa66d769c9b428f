"""Lines around the responses of a corpus: most of its bytes, and none of its tokens."""

from corpus_lines import Vector, final_usage, iso, new_uuid, text
from corpus_talk import Answer, Talk

_BETAS = b'","'.join(
    b"claude-code-20250219 interleaved-thinking-2025-05-14 context-management-2025-06-27 "
    b"thinking-token-count-2026-05-13 advanced-tool-use-2025-11-20 effort-2025-11-24".split()
)


def open_session(talk: Talk) -> None:
    """Write the first lines; new clients store the whole system prompt and all tools."""
    talk.sheet.note(b"mode", b'"mode":"normal",')
    if talk.sheet.client.requests:
        _attach(talk, b"prompt_snapshot", text(talk.rng, 64_000))
        fields = b'"shapeHash":"%b","shape":{"system":["%b"],"tools":[]},'
        talk.sheet.note(b"api-request-shape", fields % (talk.shape, text(talk.rng, 38_000)))


def after_prompt(talk: Talk) -> None:
    """Write the snapshot of files that follows a prompt."""
    files = text(talk.rng, talk.rng.randint(200, 6_000))
    fields = b'"messageId":"%b","snapshot":{"trackedFileBackups":{"a":"%b"}},'
    talk.sheet.note(b"file-history-snapshot", fields % (new_uuid(talk.rng), files))


def before_request(talk: Talk) -> None:
    """Write what precedes a request: its fingerprint in new clients, a hook's output."""
    client = talk.sheet.client
    if client.requests:
        _request_row(talk)
    if not client.progress and talk.rng.random() < 0.3:
        _attach(talk, b"hook_success", text(talk.rng, talk.rng.randint(80, 1_200)))


def before_result(talk: Talk) -> None:
    """Write the progress of a running tool, as clients until 2.1.78 do."""
    if talk.sheet.client.progress:
        _progress(talk, b'"type":"bash_progress","output":"%b"' % text(talk.rng, 240))


def embed(talk: Talk, agent: bytes, answer: Answer) -> None:
    """Repeat a subagent's message, with its usage, in a progress line of the main file."""
    if talk.sheet.client.progress:
        copy = b'"type":"agent_progress","agentId":"%b","message":{"type":"assistant",%b}'
        _progress(talk, copy % (agent, answer.lines[-1].body))


def close_turn(talk: Talk) -> None:
    talk.line(b"system", b'"subtype":"turn_duration","durationMs":81500')
    talk.sheet.note(b"last-prompt", b'"lastPrompt":"go on",')


def compact(talk: Talk) -> None:
    """Write the boundary and the summary that follow a compaction."""
    before = talk.compact()
    fields = b'"subtype":"compact_boundary","compactMetadata":{"trigger":"auto","preTokens":%d}'
    talk.line(b"system", fields % before)
    summary = b'"message":{"role":"user","content":"%b"}' % text(talk.rng, 6_000)
    talk.line(b"user", summary, b'"isCompactSummary":true,')


def api_error(talk: Talk) -> int:
    """Write an error as the client does, an assistant line with no tokens; return its size."""
    body = (
        b'"message":{"model":"<synthetic>","id":"%b","type":"message","role":"assistant",'
        b'"content":[],"stop_reason":"stop_sequence","usage":{%b}}'
    ) % (new_uuid(talk.rng), final_usage(Vector(0, 0, 0, 0, 0)))
    before = talk.sheet.size
    talk.line(b"assistant", body, b'"isApiErrorMessage":true,')
    return talk.sheet.size - before


def _request_row(talk: Talk) -> None:
    """Write the fingerprint of the coming request; the answer's lines refer to it."""
    base = b'"base":"%b",' % talk.request if talk.request else b""
    talk.request, keep = new_uuid(talk.rng), talk.messages
    talk.messages += 2
    hashes = b'","'.join(b"%064x" % talk.rng.getrandbits(256) for _ in range(2))
    mark = b'{"path":["system",0],"value":{"type":"ephemeral","ttl":"1h"}}'
    fields = (
        b'"id":"%b","timestamp":"%b","version":"2.1.330","querySource":"repl_main_thread",'
        b'"shapeHash":"%b","params":{"model":"%b","betas":["%b"],"max_tokens":128000,'
        b'"output_config":{"effort":"high"}},%b"keep":%d,"tail":["%b"],"cacheControl":[%b],'
    )
    values = (talk.request, iso(talk.time_ms), talk.shape, talk.model, _BETAS, base, keep)
    talk.sheet.note(b"api-request", fields % (*values, hashes, mark))


def _attach(talk: Talk, kind: bytes, content: bytes) -> None:
    talk.line(b"attachment", b'"attachment":{"type":"%b","content":"%b"}' % (kind, content))


def _progress(talk: Talk, data: bytes) -> None:
    talk.line(b"progress", b'"data":{%b}' % data)
