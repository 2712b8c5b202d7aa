// What a programmer would write by hand to fill the same tables: the baselines of the store benchmarks.
// Every function prepares, then returns the seconds of the writing itself; on an error it prints it and ends the process.
#ifndef BARE_STORES_H
#define BARE_STORES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *bytes;
    int32_t length;
} bare_text;

/// A row of (id int8, name text, city text, total numeric, n int8).
typedef struct {
    int64_t id;
    bare_text name, city, total;
    int64_t n;
} bare_row;

/// A row of (id int8, title text, body text).
typedef struct {
    int64_t id;
    bare_text title, body;
} bare_article;

/// Prepared upserts into a table with an integer key, `batch` of them in a transaction, WAL, synchronous = NORMAL.
double bare_sqlite_upsert(const char *path, const bare_row *rows, size_t count, size_t batch);

/// The same with an FTS5 index over title and body; `old` are the rows that are replaced, NULL when there are none.
double bare_sqlite_articles(const char *path, const bare_article *rows, const bare_article *old, size_t count, size_t batch);

/// One COPY of text into a new table with a primary key.
double bare_postgres_copy(const char *conninfo, const bare_row *rows, size_t count);

/// INSERT … SELECT unnest … ON CONFLICT DO UPDATE, `batch` rows in a transaction.
double bare_postgres_upsert(const char *conninfo, const bare_row *rows, size_t count, size_t batch);

#endif
