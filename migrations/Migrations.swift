/// The SQL of everything that Leftfold creates, in the order it is applied. A released file is never edited.
public enum Migrations {
    /// What an SQLite store holds besides its views; the file's `user_version` counts those applied.
    public static let sqliteStore: [String] = [
        String(decoding: PackageResources.sqlite_0001_progress_sql, as: UTF8.self)
    ]

    /// What a Postgres store holds besides its views; `_leftfold_owner.format` counts those applied.
    public static let postgresStore: [String] = [
        String(decoding: PackageResources.postgres_0001_progress_sql, as: UTF8.self)
    ]
}
