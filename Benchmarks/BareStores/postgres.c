#include "bare_stores.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(PGconn *connection) {
    fprintf(stderr, "bare loop: %s\n", PQerrorMessage(connection));
    exit(1);
}

static void run(PGconn *connection, const char *sql) {
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) fail(connection);
    PQclear(result);
}

static PGconn *connect_to(const char *conninfo) {
    PGconn *connection = PQconnectdb(conninfo);
    if (PQstatus(connection) != CONNECTION_OK) fail(connection);
    return connection;
}

/// A buffer that is as long as it has to be.
typedef struct {
    char *bytes;
    size_t length, capacity;
} buffer;

static void reserve(buffer *buffer, size_t more) {
    if (buffer->length + more <= buffer->capacity) return;
    buffer->capacity = (buffer->length + more) * 2;
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
    if (!buffer->bytes) abort();
}

static void add_text(buffer *buffer, bare_text text) {
    reserve(buffer, (size_t)text.length + 4);
    memcpy(buffer->bytes + buffer->length, text.bytes, (size_t)text.length);
    buffer->length += (size_t)text.length;
}

static void add_byte(buffer *buffer, char byte) {
    reserve(buffer, 1);
    buffer->bytes[buffer->length++] = byte;
}

static void add_integer(buffer *buffer, int64_t value) {
    reserve(buffer, 24);
    buffer->length += (size_t)snprintf(buffer->bytes + buffer->length, 24, "%" PRId64, value);
}

static const char *table = "CREATE TABLE bench (id int8 NOT NULL PRIMARY KEY, name text NOT NULL, city text NOT NULL, "
                           "total numeric NOT NULL, n int8 NOT NULL)";

double bare_postgres_copy(const char *conninfo, const bare_row *rows, size_t count) {
    PGconn *connection = connect_to(conninfo);
    buffer lines = {0};
    double began = now();
    run(connection, "BEGIN");
    run(connection, table);
    run(connection, "COPY bench FROM STDIN");
    for (size_t index = 0; index < count; index++) {
        const bare_row *row = &rows[index];
        add_integer(&lines, row->id);
        add_byte(&lines, '\t');
        add_text(&lines, row->name);
        add_byte(&lines, '\t');
        add_text(&lines, row->city);
        add_byte(&lines, '\t');
        add_text(&lines, row->total);
        add_byte(&lines, '\t');
        add_integer(&lines, row->n);
        add_byte(&lines, '\n');
        if (lines.length < 1 << 16 && index + 1 < count) continue;
        if (PQputCopyData(connection, lines.bytes, (int)lines.length) != 1) fail(connection);
        lines.length = 0;
    }
    if (PQputCopyEnd(connection, NULL) != 1) fail(connection);
    PGresult *result = PQgetResult(connection);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(connection);
    PQclear(result);
    while ((result = PQgetResult(connection))) PQclear(result);
    run(connection, "COMMIT");
    double seconds = now() - began;
    PQfinish(connection);
    free(lines.bytes);
    return seconds;
}

enum { COLUMNS = 5 };

static void begin_array(buffer *array, int is_first) { add_byte(array, is_first ? '{' : ','); }

static void add_quoted(buffer *array, bare_text text) {
    add_byte(array, '"');
    add_text(array, text);
    add_byte(array, '"');
}

double bare_postgres_upsert(const char *conninfo, const bare_row *rows, size_t count, size_t batch) {
    PGconn *connection = connect_to(conninfo);
    const char *sql = "INSERT INTO bench SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::numeric[], $5::int8[]) "
                      "ON CONFLICT (id) DO UPDATE SET name = excluded.name, city = excluded.city, total = excluded.total, "
                      "n = excluded.n";
    PGresult *result = PQprepare(connection, "upsert", sql, COLUMNS, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(connection);
    PQclear(result);
    buffer arrays[COLUMNS] = {{0}};
    double began = now();
    for (size_t start = 0; start < count; start += batch) {
        for (int column = 0; column < COLUMNS; column++) arrays[column].length = 0;
        for (size_t index = start; index < count && index < start + batch; index++) {
            for (int column = 0; column < COLUMNS; column++) begin_array(&arrays[column], index == start);
            const bare_row *row = &rows[index];
            add_integer(&arrays[0], row->id);
            add_quoted(&arrays[1], row->name);
            add_quoted(&arrays[2], row->city);
            add_text(&arrays[3], row->total);
            add_integer(&arrays[4], row->n);
        }
        const char *values[COLUMNS];
        for (int column = 0; column < COLUMNS; column++) {
            add_byte(&arrays[column], '}');
            add_byte(&arrays[column], 0);
            values[column] = arrays[column].bytes;
        }
        run(connection, "BEGIN");
        result = PQexecPrepared(connection, "upsert", COLUMNS, values, NULL, NULL, 0);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(connection);
        PQclear(result);
        run(connection, "COMMIT");
    }
    double seconds = now() - began;
    for (int column = 0; column < COLUMNS; column++) free(arrays[column].bytes);
    PQfinish(connection);
    return seconds;
}
