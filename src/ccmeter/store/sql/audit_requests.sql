-- All requests of some threads, or of all, in the order in which they were sent; see
-- audit_requests_by_id.sql. Whoever knows between which ids they are says so.
select
    responses.id, responses.key, responses.owner_id, responses.terms_id,
    coalesce(sent.time_ms, responses.start_ms, responses.time_ms) as sent_ms, responses.time_ms,
    responses.input_tokens, responses.output_tokens, responses.cache_read_tokens,
    responses.cache_write_5m_tokens, responses.cache_write_1h_tokens, responses.web_searches,
    responses.finished, responses.request_ref, sent.kind_id, sent.base is null,
    owners.session_id, owners.agent_id
from responses
join owners on owners.id = responses.owner_id
left join api_requests as sent on sent.id = responses.request_ref
where responses.id between :first and :last
    and parent_hash is null
    and input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens > 0
    and (:owners is null or responses.owner_id in (select value from json_each(:owners)))
order by owners.session_id, owners.agent_id, sent_ms, responses.time_ms, responses.key
