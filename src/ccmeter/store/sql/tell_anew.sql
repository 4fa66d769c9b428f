-- What lines of other responses had told of a response with a reused id is taken back. The trigger
-- responses_calls tells it to the calls inside.
update responses
set request_id = :request_id, request_ref = :request_ref, owner_id = :owner_id,
    owner_rank = :owner_rank, time_ms = :time_ms, start_ms = :start_ms
where key_hash = :key_hash
