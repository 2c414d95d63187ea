/** Marks the file as ours: "KYTN". */
export const applicationId = 0x4b59544e;

const first = `
  CREATE TABLE vault_key (id INTEGER PRIMARY KEY CHECK (id = 1), fingerprint TEXT NOT NULL) STRICT;

  CREATE TABLE secrets (name TEXT PRIMARY KEY, tags TEXT NOT NULL) STRICT;
  CREATE TABLE versions (
    secret TEXT NOT NULL REFERENCES secrets (name),
    id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    PRIMARY KEY (secret, id)
  ) STRICT;
  CREATE TABLE labels (
    secret TEXT NOT NULL,
    label TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (secret, label),
    FOREIGN KEY (secret, version) REFERENCES versions (secret, id)
  ) STRICT;

  CREATE TABLE credentials (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
  CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    rotation TEXT NOT NULL,
    credential TEXT NOT NULL,
    step TEXT NOT NULL,
    entry TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entries_of_rotation ON entries (rotation, sequence);
  CREATE INDEX ends_of_credential ON entries (credential, sequence) WHERE step = 'end';
  CREATE TABLE obligations (
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    key_id TEXT NOT NULL,
    open INTEGER NOT NULL,
    obligation TEXT NOT NULL,
    PRIMARY KEY (provider, account, key_id)
  ) STRICT;

  CREATE TABLE notices (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, notice TEXT NOT NULL) STRICT;

  CREATE TABLE executions (
    name TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    status TEXT NOT NULL,
    wake_at REAL,
    execution TEXT NOT NULL
  ) STRICT;
  CREATE INDEX running_executions ON executions (wake_at) WHERE status = 'running';
  CREATE TABLE history (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    execution TEXT NOT NULL,
    entry TEXT NOT NULL
  ) STRICT;
  CREATE INDEX history_of_execution ON history (execution, sequence);
  CREATE TABLE definitions (hash TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
`;

const printsAndIncidents = `
  CREATE TABLE prints (
    fingerprint TEXT PRIMARY KEY,
    leak_hash TEXT NOT NULL,
    hint TEXT,
    key TEXT NOT NULL,
    print TEXT NOT NULL
  ) STRICT;
  CREATE INDEX prints_by_leak_hash ON prints (leak_hash);
  CREATE INDEX prints_by_hint ON prints (hint, key) WHERE hint IS NOT NULL;

  CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    accepted_at TEXT NOT NULL,
    incident TEXT NOT NULL
  ) STRICT;
  CREATE INDEX incidents_by_time ON incidents (accepted_at, id);
`;

/** What makes a file of version n + 1 of one of version n, from an empty one on. Only ever added to. */
export const migrations: readonly string[] = [first, printsAndIncidents];

/** A file of an earlier version is brought to this one as it is opened; one of a newer version is refused. */
export const schemaVersion = migrations.length;
