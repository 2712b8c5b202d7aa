import ViewMaintenance

/// What `verify` prints for people.
enum VerificationText {
    static func lines(_ report: Verification.Report) -> [String] {
        let part = report.share.map { " (a sample of \(percent($0)), --seed \(report.seed ?? ""))" } ?? ""
        if let failure = report.notCompared {
            let hint = failure.hint.map { ["  hint: \($0)"] } ?? []
            return ["\(report.view): not compared: \(failure.message)"] + hint
        }
        let lsn = report.lsn ?? ""
        if let reason = report.unreadable {
            return [
                "\(report.view): its rows cannot be read at LSN \(lsn): \(reason)",
                "  hint: leftfold verify --repair \(report.view)",
            ]
        }
        guard report.differenceCount > 0 else {
            let rows = "\(report.view): \(report.rows) rows equal at LSN \(lsn)\(part)"
            guard let fault = report.indexFault else { return [rows] }
            return [rows, "\(report.view): \(fault)", "  hint: leftfold rebuild \(report.view)"]
        }
        let rows = report.differenceCount == 1 ? "1 row differs" : "\(report.differenceCount) rows differ"
        var lines = ["\(report.view): \(rows) at LSN \(lsn)\(part)"]
        if let fault = report.indexFault { lines.append("\(report.view): \(fault)") }
        for difference in report.differences { lines += self.lines(difference) }
        lines.append("  hint: leftfold verify --repair \(report.view)")
        return lines
    }

    /// `0.01` as `1 %`.
    static func percent(_ share: Double) -> String {
        let text = "\((share * 100_000).rounded() / 1000)"
        return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + " %"
    }

    private static func lines(_ difference: ViewComparison.Difference) -> [String] {
        guard let source = difference.source else {
            return ["  \(difference.kind.rawValue) ×\(difference.count)  \(cells(difference.row))"]
        }
        let keys = difference.key ?? []
        let key = difference.row.filter { keys.contains($0.key) }
        let columns = difference.row.keys.filter { difference.row[$0] != source[$0] }
        return [
            "  different  " + (key.isEmpty ? "the only row" : cells(key)),
            "    view    \(cells(difference.row.filter { columns.contains($0.key) }))",
            "    source  \(cells(source.filter { columns.contains($0.key) }))",
        ]
    }

    private static func cells(_ row: [String: String?]) -> String {
        row.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value ?? "NULL")" }.joined(separator: "  ")
    }
}
