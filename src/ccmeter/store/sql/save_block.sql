-- The sizes of one line, kept only while its response has no final line.
insert into blocks (
    key_hash, line_hash, text_bytes, input_bytes, tool_uses, signature_bytes
)
select n.key_hash, n.line_hash, n.text_bytes, n.input_bytes, n.tool_uses, n.signature_bytes
from (
    select
        ? as key_hash, ? as line_hash, ? as text_bytes, ? as input_bytes, ? as tool_uses,
        ? as signature_bytes
) as n
join responses on responses.key_hash = n.key_hash and responses.finished = 0
where true
on conflict do nothing
