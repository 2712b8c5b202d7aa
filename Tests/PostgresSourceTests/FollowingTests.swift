import Foundation
import PostgresClient
import PostgresSource
import Relational
import Synchronization
import TestSupport
import Testing

@Suite struct FollowingTests {
    static let torture = """
        CREATE TYPE mood AS ENUM ('sad', 'happy');
        CREATE DOMAIN positive AS int CHECK (value > 0);
        CREATE TABLE types (
            id bigint PRIMARY KEY, b bool, i2 int2, i4 int4, f4 float4, f8 float8, n numeric, n2 numeric(12,2), t text,
            v varchar(20), c char(5), by bytea, u uuid, d date, ts timestamp, tz timestamptz, iv interval, tm time,
            j json, jb jsonb, m mood, p positive, ia int[], ta text[], ip inet, r int4range, pt point, oid_ regclass);
        INSERT INTO types VALUES
            (1, true, -32768, -2147483648, 'NaN', '-Infinity', 'NaN', 1.10, E'tab\\tnew\\nback\\\\slash\\r\\b\\f\\v', 'ü', 'ab',
             '\\x00ff5c09', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '4713-01-01 BC', '-infinity', 'infinity',
             '-1 year 2 mons -3 days 04:05:06.789', '24:00:00', '{"a": 1}', '{"b": [1, null]}', 'sad', 7,
             '{1,NULL,3}', '{"a,b","c\\"d",NULL}', '::1', '[1,5)', '(1.5,-2)', 'pg_class'),
            (2, false, 32767, 2147483647, 1e-45, 5e-324, 'Infinity', -0.00, '', '', '', '', NULL, 'infinity',
             '0044-03-15 12:00:00 BC', '294276-12-31 23:59:59.999999+00', '178000000 years', '00:00:00', 'null', 'null',
             'happy', 1, '{}', '{{a,b},{c,d}}', '10.0.0.0/8', 'empty', '(0,0)', NULL),
            (3, NULL, NULL, NULL, 3.4028235e38, 1.7976931348623157e308, 1e-1000, 9999999999.99, '\\N', E'\\\\N', 'a b',
             NULL, NULL, NULL, '1999-01-01 00:00:00.000001', '1970-01-01 00:00:00-15:59', '0', NULL, NULL, NULL, NULL,
             NULL, NULL, NULL, NULL, NULL, NULL, NULL),
            (9223372036854775807, true, 0, 0, 0.1, 0.30000000000000004, 123456789012345678901234567890.0123456789,
             0, '😀 e\u{301}', NULL, 'xxxxx', NULL, NULL, '2026-11-21', '2026-11-21', '2026-11-21 01:02:03.5+02',
             '1 day', '23:59:59.999999', '[]', '{}', 'sad', 2147483647, '[-2:0]={1,2,3}', NULL, NULL, NULL, NULL, NULL);
        """

    @Test(arguments: ThrowawayPostgres.Link.allCases)
    func `every type reads the same in snapshot and stream, byte for byte`(link: ThrowawayPostgres.Link) throws {
        let following = try Following(Self.torture)
        following.link = link
        try following.start()
        try following.catchUp()
        try following.expectEqual("types")
        try following.sql.query(
            "CREATE TEMP TABLE copy AS TABLE types; DELETE FROM types; INSERT INTO types TABLE copy"
        )
        try following.sql.query("UPDATE types SET i4 = 1 WHERE id < 3")
        try following.catchUp()
        try following.expectEqual("types")
        #expect(following.output.rows("types").count == 4)
        let schema = try #require(following.output.schema("types"))
        #expect(schema.columns.first { $0.name == "p" }?.type.oid == .int4)
        #expect(schema.columns.first { $0.name == "m" }?.type.name == "public.mood")
        #expect(schema.columns.filter { $0.type.isEnum == true }.map(\.name) == ["m"])
        #expect(schema.columns.first { $0.name == "t" }?.type.collation?.isByteOrder == true)
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `snapshot and stream together are the table, whatever happens to it`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let following = try Following(
            """
            CREATE TABLE a (id int PRIMARY KEY, n numeric, t text); ALTER TABLE a ALTER t SET STORAGE EXTERNAL;
            CREATE TABLE b (x int NOT NULL, y text NOT NULL, z float8);
            CREATE UNIQUE INDEX b_key ON b (y, x); ALTER TABLE b REPLICA IDENTITY USING INDEX b_key;
            CREATE TABLE f (x int, y text); ALTER TABLE f REPLICA IDENTITY FULL; ALTER TABLE f ALTER y SET STORAGE EXTERNAL;
            INSERT INTO a SELECT g, g / 7.0, repeat('x', g % 9000) FROM generate_series(1, 300) g;
            INSERT INTO b SELECT g, g::text, g FROM generate_series(1, 50) g;
            INSERT INTO f SELECT g % 5, repeat('y', g * 100) FROM generate_series(1, 50) g;
            """
        )
        try following.start()
        for step in 0..<150 {
            let id = Int.random(in: 1...400, using: &random)
            let statement =
                switch Int.random(in: 0..<14, using: &random) {
                case 0:
                    "INSERT INTO a VALUES (\(id), \(id)e-3, repeat('ü', \(id * 10))) ON CONFLICT (id) DO UPDATE SET n = -1"
                case 1: "UPDATE a SET n = n + 1 WHERE id % 7 = \(id % 7)"
                case 2: "UPDATE a SET id = -id WHERE id = \(id)"
                case 3: "DELETE FROM a WHERE id = \(id)"
                case 4: "UPDATE a SET t = NULL WHERE id = \(id)"
                case 5: "UPDATE b SET z = z + 1 WHERE x < \(id)"
                case 6: "UPDATE b SET y = y || '!' WHERE x = \(id % 50)"
                case 7: "DELETE FROM b WHERE x = \(id % 60)"
                case 8: "INSERT INTO b VALUES (\(step), 'new \(step)', 'NaN')"
                case 9: "UPDATE f SET x = x + 1 WHERE x = \(id % 6)"
                case 10: "INSERT INTO f VALUES (\(id), NULL), (\(id), repeat('z', 9000))"
                case 11: "DELETE FROM f WHERE x = \(id)"
                case 12: id % 10 == 0 ? "TRUNCATE f, b" : "BEGIN; INSERT INTO a VALUES (1000000); ROLLBACK"
                default:
                    "BEGIN; INSERT INTO a VALUES (77777, 1, 'v'); SAVEPOINT s; UPDATE a SET id = 88888 WHERE id = 77777; "
                        + "DELETE FROM a WHERE id = 88888; COMMIT"
                }
            try following.sql.query(statement)
        }
        try following.catchUp()
        for table in ["a", "b", "f"] { try following.expectEqual(table) }
    }

    @Test func `a changed key carries the old one, and two rows can swap theirs`() throws {
        let following = try Following(
            "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
        )
        try following.start()
        try following.catchUp()
        try following.sql.query("UPDATE t SET id = 9 WHERE id = 1")
        try following.catchUp()
        let record = try #require(following.output.commits.last?.records.last)
        #expect(record.operation == .update)
        #expect(record.old == ["1", nil])
        #expect(record.oldIsIdentityOnly)
        #expect(record.new == ["9", "a"])
        try following.sql.query("BEGIN; UPDATE t SET id = 1 WHERE id = 2; UPDATE t SET id = 2 WHERE id = 9; COMMIT")
        try following.catchUp()
        #expect(following.output.rows("t") == [["1", "b"], ["2", "a"]])
    }

    @Test func `an unchanged TOAST value is named as unchanged, never NULL; the full old row fills it in`() throws {
        let following = try Following(
            """
            CREATE TABLE t (id int PRIMARY KEY, big text, n int); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
            CREATE TABLE f (id int, big text, n int); ALTER TABLE f ALTER big SET STORAGE EXTERNAL;
            ALTER TABLE f REPLICA IDENTITY FULL;
            INSERT INTO t VALUES (1, repeat('x', 10000), 1); INSERT INTO f VALUES (1, repeat('x', 10000), 1);
            """
        )
        try following.start()
        try following.catchUp()
        try following.sql.query("UPDATE t SET n = 2")
        try following.sql.query("UPDATE f SET n = 2")
        try following.catchUp()
        let records = following.output.commits.flatMap(\.records)
        #expect(records.map(\.unchanged) == [[1], []])
        #expect(records[0].new == ["1", nil, "2"])
        #expect(records[1].new?[1]?.count == 10000)
        try following.expectEqual("t")
        try following.expectEqual("f")
    }

    @Test func `truncate is one record for each table, cascade included`() throws {
        let following = try Following(
            """
            CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
            INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1);
            """
        )
        try following.start()
        try following.catchUp()
        try following.sql.query("TRUNCATE a CASCADE")
        try following.catchUp()
        let records = try #require(following.output.commits.last?.records)
        #expect(Set(records.map(\.schema.name.name)) == ["a", "b"])
        #expect(records.allSatisfy { $0.operation == .truncate && $0.new == nil && $0.old == nil })
    }

    @Test func `a transaction larger than a part is one commit`() throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY, v text)")
        try following.start()
        try following.catchUp()
        try following.sql.query("INSERT INTO t SELECT g, repeat(md5(g::text), 10) FROM generate_series(1, 60000) g")
        try following.catchUp()
        #expect(following.output.state.withLock { $0.partCount } >= 2)
        #expect(following.output.commits.count { !$0.records.isEmpty } == 1)
        #expect(following.output.commits.last?.records.count == 60000)
        try following.expectEqual("t")
    }

    @Test func `a large transaction is held in no more than its buffer`() throws {
        let following = try Following(
            "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT g, repeat('x', 300) FROM generate_series(1, 5000) g"
        )
        following.bufferByteMax = 64 << 10
        try following.start()
        try following.catchUp()
        try following.sql.query("UPDATE t SET v = repeat('y', 300)")
        try following.catchUp()
        #expect(following.output.state.withLock { $0.partCount } >= 5000 * 300 >> 16)
        #expect(following.output.commits.count { !$0.records.isEmpty } == 1)
        // A slab doubles when it is full, and keeps what it has.
        #expect(following.source.status.bufferedBytes <= 2 * 64 << 10)
        try following.expectEqual("t")
    }

    @Test func `generated columns are in neither snapshot nor stream`() throws {
        let following = try Following(
            """
            CREATE TABLE t (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED, v text);
            INSERT INTO t (id, v) VALUES (1, 'a');
            """
        )
        try following.start()
        try following.catchUp()
        try following.sql.query("INSERT INTO t (id, v) VALUES (2, 'b')")
        try following.catchUp()
        #expect(following.output.rows("t") == [["1", "a"], ["2", "b"]])
    }

    @Test func `a limit ends the run after exactly the commits before it`() throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY)")
        try following.start()
        try following.catchUp()
        following.stop()
        try following.sql.query("INSERT INTO t VALUES (1)")
        try following.sql.query("INSERT INTO t VALUES (2)")
        following.untilLSN = try following.sql.value("SELECT pg_current_wal_lsn()").flatMap { LSN(parsing: $0) }
        try following.sql.query("INSERT INTO t VALUES (3)")
        try following.start()
        #expect(following.waitForEnd())
        #expect(following.output.rows("t") == [["1"], ["2"]])
        #expect(following.output.durablePosition.lsn >= following.untilLSN ?? .zero)
        following.untilLSN = nil
        try following.start()
        try following.catchUp()
        #expect(following.output.rows("t") == [["1"], ["2"], ["3"]])
    }
}
