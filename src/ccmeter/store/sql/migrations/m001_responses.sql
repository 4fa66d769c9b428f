-- The first schema. Rows hold counts, ids, models, versions, times and project paths; never text.

-- Claude folders; the user of a response is the one whose folder it was read under.
create table roots (id integer primary key, path text not null unique);

-- How far each transcript has been read. Rows outlive their file.
create table files (
    id integer primary key,
    path text not null unique,
    root_id integer not null references roots (id),
    device integer not null,
    inode integer not null,
    offset integer not null,       -- just past a newline
    tail_hash blob not null,
    settled_size integer not null,
    mtime_ns integer not null
);
create index files_inode on files (inode);  -- finds a file that was moved

-- home_id: the folder that the earliest response was made in.
create table sessions (
    id integer primary key,
    session text not null unique,
    first_ms integer,
    home_id integer references projects (id)
);
create table agents (id integer primary key, agent text not null unique, type text);
create table projects (id integer primary key, cwd text not null unique);
create table clients (
    id integer primary key, version text not null, entrypoint text not null,
    unique (version, entrypoint)
);
create table models (id integer primary key, model text not null unique);

-- Whose response it is. agent_id 0 is the main thread.
create table owners (
    id integer primary key,
    root_id integer not null references roots (id),
    session_id integer not null references sessions (id),
    agent_id integer not null,
    project_id integer not null references projects (id),
    client_id integer not null references clients (id),
    sidechain integer not null,
    copied integer not null,
    unique (session_id, agent_id, project_id, client_id, root_id, sidechain, copied)
);

-- How it was served. "" where the line does not say.
create table terms (
    id integer primary key,
    model_id integer not null references models (id),
    requested_model text not null,
    speed text not null,
    geo text not null,
    service_tier text not null,
    effort text not null,
    cache_requested text not null,
    stop_reason text not null,     -- "": no final line was written
    miss_reason text not null,
    aborted integer not null,
    unique (model_id, requested_model, speed, geo, service_tier, effort, cache_requested,
            stop_reason, miss_reason, aborted)
);

-- One row per API response, counted once however many lines and copies tell of it.
create table responses (
    id integer primary key,
    key_hash integer not null unique,  -- of key: a third of the size of an index over the text
    key text not null,
    request_id text,
    request_ref integer,               -- id of an api_requests row
    owner_id integer not null references owners (id),
    owner_rank integer not null,       -- 0 is best: neither copied nor a sidechain
    terms_id integer not null references terms (id),
    time_ms integer not null,          -- of the earliest line
    start_ms integer,                  -- when the request was sent, where a line tells
    input_tokens integer not null,
    output_tokens integer not null,
    cache_read_tokens integer not null,
    cache_write_5m_tokens integer not null,
    cache_write_1h_tokens integer not null,
    web_searches integer not null,
    thinking_tokens integer not null,  -- part of output_tokens
    web_fetches integer not null,
    miss_tokens integer not null,
    finished integer not null,         -- rank: finished, rank_output, path of source, offset
    rank_output integer not null,
    source integer not null,           -- files.id of the line that is believed
    offset integer not null,           -- of that line
    parent_hash integer                -- key_hash of the response this call was made inside
);
create index responses_time on responses (time_ms);
create index responses_parent on responses (parent_hash) where parent_hash is not null;

-- Calls inside a response are believed only as its believed line tells them.
create trigger responses_family after update of source, offset on responses
when new.parent_hash is null and (old.source, old.offset) <> (new.source, new.offset)
begin
    delete from responses
    where parent_hash = new.key_hash and (source, offset) <> (new.source, new.offset);
end;

-- They were made when, by whom and on which request the response was; any copy may tell that.
create trigger responses_calls
after update of request_id, request_ref, time_ms, start_ms, owner_id on responses
when new.parent_hash is null
    and (old.request_id, old.request_ref, old.time_ms, old.start_ms, old.owner_id)
    is not (new.request_id, new.request_ref, new.time_ms, new.start_ms, new.owner_id)
begin
    update responses
    set request_id = new.request_id, request_ref = new.request_ref, time_ms = new.time_ms,
        start_ms = new.start_ms, owner_id = new.owner_id, owner_rank = new.owner_rank
    where parent_hash = new.key_hash;
end;

-- Ids that a proxy gave to several responses; their rows carry the request id in the key.
create table reused_ids (key_hash integer primary key, key text not null);

-- What stands between requests and can explain a cache rebuild.
create table marks (
    source integer not null,
    offset integer not null,
    session_id integer not null references sessions (id),
    agent_id integer not null,
    time_ms integer not null,
    kind text not null,
    label text,
    tokens_before integer,
    tokens_after integer,
    primary key (source, offset)
) without rowid;
create index marks_session on marks (session_id);

-- Fingerprints of request attempts: hashes of the prompt's parts. Ids are hashes of the ids.
create table request_kinds (
    id integer primary key,
    query_source text not null,
    shape text not null,           -- hash of tools and system prompt
    model text not null,
    effort text not null,
    params text not null,          -- digest of every other parameter
    ttls text not null,            -- cache lifetimes asked for
    unique (shape, params, effort, model, query_source, ttls)
);
create table api_requests (
    id integer primary key,        -- hash of the request's id
    session_id integer not null references sessions (id),
    agent_id integer not null,
    time_ms integer not null,
    kind_id integer not null references request_kinds (id),
    base integer,                  -- id of the request it extends; null: first of a process
    keep integer not null,         -- messages taken over from the base
    tail blob not null             -- six bytes of the hash of each message after these
);

-- The client's own meter, the last word per session.
create table cost_states (
    session_id integer primary key references sessions (id),
    start_ms integer not null,
    duration_ms integer not null,
    cost_usd text not null,
    models text not null,          -- JSON, numbers only
    unknown_model integer not null
);

-- Lines that could not be metered.
create table skips (
    source integer not null,
    offset integer not null,
    reason text not null,
    primary key (source, offset)
) without rowid;
