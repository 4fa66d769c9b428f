-- How much of what was billed the transcripts hold: the client's meter, copies, what is unfinished.

-- Every reading of the client's own meter: a fork's meter starts from a reading of its parent.
alter table cost_states rename to cost_states_before;
create table cost_states (
    session_id integer not null references sessions (id),
    start_ms integer not null,     -- of the meter; 0: not a line of the transcript, see client_meter
    duration_ms integer not null,  -- grows from reading to reading
    after_ms integer,              -- of the last response before the line; null: unknown
    cost_usd text not null,
    models text not null,          -- JSON, numbers only
    unknown_model integer not null,
    primary key (session_id, start_ms, duration_ms)
) without rowid;
insert into cost_states
select session_id, start_ms, duration_ms, null, cost_usd, models, unknown_model
from cost_states_before;
drop table cost_states_before;

-- Sessions whose files repeat responses of other sessions, as forks do.
create table copies (
    session_id integer not null references sessions (id),
    key_hash integer not null,     -- of the response
    primary key (session_id, key_hash)
) without rowid;

-- Sizes of the lines of responses without a final line: what their output is estimated from.
create table blocks (
    key_hash integer not null,     -- of the response
    line_hash integer not null,    -- copies of a line are one line
    text_bytes integer not null,
    input_bytes integer not null,
    tool_uses integer not null,
    signature_bytes integer not null,
    primary key (key_hash, line_hash)
) without rowid;
create trigger responses_finished after update of finished on responses
when new.finished
begin
    delete from blocks where key_hash = new.key_hash;
end;
create index responses_unfinished on responses (time_ms) where finished = 0;

-- With first_ms it bounds what has to be read for a whole session.
alter table sessions add column last_ms integer;
update sessions set last_ms = found.last_ms
from (
    select owners.session_id, max(responses.time_ms) as last_ms
    from responses
    join owners on owners.id = responses.owner_id
    group by owners.session_id
) as found
where found.session_id = sessions.id;

-- What was not kept until now is in the transcripts that still exist: the next pass reads them all.
update files set offset = 0, settled_size = -1;
