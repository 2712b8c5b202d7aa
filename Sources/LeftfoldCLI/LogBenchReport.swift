/// What `leftfold log bench` has measured.
struct LogBenchReport: Codable {
    /// A median of the log beside the baseline's.
    struct Figure: Codable {
        var recordsPerSecond: Double
        var bytesPerSecond: Double
        var baselineRecordsPerSecond: Double
        var baselineBytesPerSecond: Double
        /// The log's rate by the baseline's.
        var ratio: Double

        init(records: Int, bytes: Int64, log: [Duration], bare: [Duration]) {
            let (log, bare) = (LogBenchReport.median(log), LogBenchReport.median(bare))
            recordsPerSecond = Double(records) / log
            bytesPerSecond = Double(bytes) / log
            baselineRecordsPerSecond = Double(records) / bare
            baselineBytesPerSecond = Double(bytes) / bare
            ratio = bare / log
        }
    }

    /// What opening the log for writing takes, recovery included.
    struct Opening: Codable {
        var seconds: Double
        var bytes: Int64
    }

    var records: Int
    var recordBytes: Int
    var batchRecords: Int
    var batchesPerSync: Int
    var runs: Int
    var append: Figure
    var read: Figure
    /// Nil when the file system did not let go of its pages.
    var readCold: Figure?
    var note: String?
    var open: Opening

    /// In seconds.
    static func median(_ times: [Duration]) -> Double { times.sorted()[times.count / 2] / .seconds(1) }
}
