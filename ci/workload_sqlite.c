// A workload for SQLite: some thousands of rows in a database on disk, indices, joins, aggregates, text functions,
// transactions, and checks of sums that are known in advance. Deterministic: no clock, no random numbers.
//
//   sqlite [DATABASE [ROWS]]      DATABASE: /work.db; ROWS: 6000
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite3.h"

static sqlite3 *db;

static void fail(const char *what) {
    printf("FAILED %s: %s\n", what, db ? sqlite3_errmsg(db) : "");
    exit(1);
}

static void run(const char *sql) {
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        printf("in: %s\n", sql);
        fail(message ? message : "exec");
    }
}

static int print_row(void *name, int columns, char **values, char **names) {
    (void)names;
    printf("%s:", (const char *)name);
    for (int i = 0; i < columns; i++) printf(" %s", values[i] ? values[i] : "null");
    printf("\n");
    return 0;
}

static void show(const char *name, const char *sql) {
    if (sqlite3_exec(db, sql, print_row, (void *)name, NULL) != SQLITE_OK) fail(name);
}

static sqlite3_int64 number(const char *sql) {
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW) fail(sql);
    sqlite3_int64 n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static void expect(const char *sql, sqlite3_int64 wanted) {
    sqlite3_int64 got = number(sql);
    if (got != wanted) {
        printf("%s\n  is %lld, not %lld\n", sql, got, wanted);
        fail("a sum");
    }
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "/work.db";
    int rows = argc > 2 ? atoi(argv[2]) : 6000;
    remove(path);
    if (sqlite3_open(path, &db) != SQLITE_OK) fail("open");
    printf("SQLite %s, %d rows\n", sqlite3_libversion(), rows);
    run("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF; PRAGMA cache_size = 500");
    run("CREATE TABLE item (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, price REAL, name TEXT, note BLOB)");
    run("CREATE TABLE kind (id INTEGER PRIMARY KEY, title TEXT UNIQUE)");
    run("CREATE TABLE sale (item INTEGER REFERENCES item(id), day INTEGER, amount INTEGER)");
    run("CREATE TABLE log (what TEXT); CREATE TRIGGER priced AFTER UPDATE OF price ON item BEGIN INSERT INTO log VALUES "
        "(old.id || ':' || old.price || '>' || new.price); END");

    run("BEGIN");
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(db, "INSERT INTO kind VALUES (?, 'kind ' || ?)", -1, &s, NULL) != SQLITE_OK) fail("kind");
    for (int i = 0; i < 50; i++) {
        sqlite3_bind_int(s, 1, i);
        sqlite3_bind_int(s, 2, i * 7);
        if (sqlite3_step(s) != SQLITE_DONE) fail("insert kind");
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    if (sqlite3_prepare_v2(db, "INSERT INTO item VALUES (?, ?, ?, printf('item-%05d-%X', ?, ?), zeroblob(?))", -1, &s,
                           NULL) != SQLITE_OK)
        fail("item");
    unsigned state = 1;
    for (int i = 1; i <= rows; i++) {
        state = state * 1664525u + 1013904223u;
        sqlite3_bind_int(s, 1, i);
        sqlite3_bind_int(s, 2, i % 50);
        sqlite3_bind_double(s, 3, i * 0.25);
        sqlite3_bind_int(s, 4, i);
        sqlite3_bind_int(s, 5, (int)(state >> 8));
        sqlite3_bind_int(s, 6, i % 97);
        if (sqlite3_step(s) != SQLITE_DONE) fail("insert item");
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    if (sqlite3_prepare_v2(db, "INSERT INTO sale VALUES (?, ?, ?)", -1, &s, NULL) != SQLITE_OK) fail("sale");
    for (int i = 0; i < rows * 3; i++) {
        state = state * 1664525u + 1013904223u;
        sqlite3_bind_int(s, 1, 1 + (int)((state >> 4) % (unsigned)rows));
        sqlite3_bind_int(s, 2, i % 365);
        sqlite3_bind_int(s, 3, 1 + i % 9);
        if (sqlite3_step(s) != SQLITE_DONE) fail("insert sale");
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    run("COMMIT");

    sqlite3_int64 n = rows;
    expect("SELECT count(*) FROM item", n);
    expect("SELECT sum(id) FROM item", n * (n + 1) / 2);
    expect("SELECT CAST(sum(price) * 4 AS INTEGER) FROM item", n * (n + 1) / 2);
    expect("SELECT count(DISTINCT kind) FROM item", 50);

    run("CREATE INDEX by_name ON item (name); CREATE INDEX by_item ON sale (item, day); CREATE INDEX by_kind ON item "
        "(kind, price DESC)");
    run("ANALYZE");
    show("join", "SELECT k.title, count(*), sum(s.amount), round(avg(i.price), 3) FROM sale s JOIN item i ON i.id = s.item "
                 "JOIN kind k ON k.id = i.kind GROUP BY k.id ORDER BY 3 DESC, 1 LIMIT 8");
    show("text", "SELECT upper(substr(name, 1, 8)), length(name), replace(name, '-', '/'), instr(name, 'A') FROM item WHERE "
                 "name LIKE '%AB%' ORDER BY name LIMIT 6");
    show("like", "SELECT count(*) FROM item WHERE name GLOB '*[0-3]?F*'");
    show("window", "SELECT day, total, sum(total) OVER (ORDER BY day ROWS 3 PRECEDING) FROM (SELECT day, sum(amount) AS total "
                   "FROM sale WHERE day < 8 GROUP BY day)");
    show("tree", "WITH RECURSIVE f(n, a, b) AS (VALUES (0, 0, 1) UNION ALL SELECT n + 1, b, a + b FROM f WHERE n < 60) "
                 "SELECT n, a FROM f WHERE n % 12 = 0");
    show("json", "SELECT json_group_array(json_object('k', kind, 'n', c)) FROM (SELECT kind, count(*) AS c FROM item WHERE "
                 "kind < 4 GROUP BY kind)");
    show("nested", "SELECT count(*) FROM item i WHERE price > (SELECT avg(price) FROM item j WHERE j.kind = i.kind)");

    run("BEGIN; UPDATE item SET price = price * 1.5 WHERE id % 3 = 0; DELETE FROM sale WHERE amount = 9; ROLLBACK");
    expect("SELECT count(*) FROM log", 0);
    expect("SELECT count(*) FROM sale", n * 3);
    run("BEGIN; UPDATE item SET price = price + 1 WHERE id % 10 = 0; SAVEPOINT a; DELETE FROM item; ROLLBACK TO a; COMMIT");
    expect("SELECT count(*) FROM log", n / 10);
    expect("SELECT count(*) FROM item", n);
    show("log", "SELECT what FROM log WHERE rowid IN (1, 2, 100)");
    run("DELETE FROM sale WHERE item IN (SELECT id FROM item WHERE kind = 7)");
    show("left", "SELECT count(*), sum(amount) FROM sale");
    run("VACUUM");
    show("check", "PRAGMA integrity_check");
    expect("SELECT count(*) FROM sale WHERE item % 50 = 7", 0);
    if (sqlite3_close(db) != SQLITE_OK) fail("close");
    if (sqlite3_open(path, &db) != SQLITE_OK) fail("open again");
    expect("SELECT sum(id) FROM item", n * (n + 1) / 2);
    sqlite3_close(db);
    printf("done\n");
    return 0;
}
