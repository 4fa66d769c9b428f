-- The line that is believed for a response, and what it tells.
select
    files.path, roots.path, r.offset, r.request_id, models.model, r.finished, r.input_tokens,
    r.output_tokens, r.cache_read_tokens, r.cache_write_5m_tokens, r.cache_write_1h_tokens,
    r.web_searches
from responses as r
join files on files.id = r.source
join roots on roots.id = files.root_id
join terms on terms.id = r.terms_id
join models on models.id = terms.model_id
where r.key_hash = ?
