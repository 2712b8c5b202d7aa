#include "bare_stores.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void check(sqlite3 *database, int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "bare loop: %s\n", sqlite3_errmsg(database));
    exit(1);
}

static void run(sqlite3 *database, const char *sql) { check(database, sqlite3_exec(database, sql, NULL, NULL, NULL)); }

static sqlite3 *open_database(const char *path, const char *schema) {
    sqlite3 *database;
    if (sqlite3_open(path, &database) != SQLITE_OK) {
        fprintf(stderr, "bare loop: no database at %s\n", path);
        exit(1);
    }
    run(database, "PRAGMA journal_mode = WAL");
    run(database, "PRAGMA synchronous = NORMAL");
    run(database, "PRAGMA cache_size = -65536");
    run(database, schema);
    return database;
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql) {
    sqlite3_stmt *statement;
    check(database, sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static void bind_text(sqlite3_stmt *statement, int parameter, bare_text text) {
    sqlite3_bind_text(statement, parameter, text.bytes, text.length, SQLITE_STATIC);
}

static void step(sqlite3 *database, sqlite3_stmt *statement) {
    check(database, sqlite3_step(statement));
    check(database, sqlite3_reset(statement));
}

double bare_sqlite_upsert(const char *path, const bare_row *rows, size_t count, size_t batch) {
    sqlite3 *database = open_database(
        path,
        "CREATE TABLE IF NOT EXISTS bench (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, "
        "total TEXT NOT NULL, n INTEGER NOT NULL)");
    sqlite3_stmt *upsert = prepare(
        database,
        "INSERT INTO bench VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
        "city = excluded.city, total = excluded.total, n = excluded.n");
    double began = now();
    for (size_t start = 0; start < count; start += batch) {
        run(database, "BEGIN IMMEDIATE");
        for (size_t index = start; index < count && index < start + batch; index++) {
            const bare_row *row = &rows[index];
            sqlite3_bind_int64(upsert, 1, row->id);
            bind_text(upsert, 2, row->name);
            bind_text(upsert, 3, row->city);
            bind_text(upsert, 4, row->total);
            sqlite3_bind_int64(upsert, 5, row->n);
            step(database, upsert);
        }
        run(database, "COMMIT");
    }
    double seconds = now() - began;
    sqlite3_finalize(upsert);
    check(database, sqlite3_close(database));
    return seconds;
}

static void index_article(sqlite3 *database, sqlite3_stmt *statement, const bare_article *article) {
    sqlite3_bind_int64(statement, 1, article->id);
    bind_text(statement, 2, article->title);
    bind_text(statement, 3, article->body);
    step(database, statement);
}

double bare_sqlite_articles(const char *path, const bare_article *rows, const bare_article *old, size_t count, size_t batch) {
    sqlite3 *database = open_database(
        path,
        "CREATE TABLE IF NOT EXISTS bench (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL);"
        "CREATE VIRTUAL TABLE IF NOT EXISTS bench_fts USING fts5(title, body, content=bench, content_rowid=id, "
        "tokenize='unicode61 remove_diacritics 2')");
    sqlite3_stmt *upsert = prepare(
        database,
        "INSERT INTO bench VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET title = excluded.title, body = excluded.body");
    sqlite3_stmt *insert = prepare(database, "INSERT INTO bench_fts (rowid, title, body) VALUES (?, ?, ?)");
    sqlite3_stmt *delete = prepare(database, "INSERT INTO bench_fts (bench_fts, rowid, title, body) VALUES ('delete', ?, ?, ?)");
    double began = now();
    for (size_t start = 0; start < count; start += batch) {
        run(database, "BEGIN IMMEDIATE");
        for (size_t index = start; index < count && index < start + batch; index++) {
            if (old) index_article(database, delete, &old[index]);
            index_article(database, upsert, &rows[index]);
            index_article(database, insert, &rows[index]);
        }
        run(database, "COMMIT");
    }
    double seconds = now() - began;
    sqlite3_finalize(upsert);
    sqlite3_finalize(insert);
    sqlite3_finalize(delete);
    check(database, sqlite3_close(database));
    return seconds;
}
