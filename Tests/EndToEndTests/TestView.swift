/// A view of a test.
struct TestView: Sendable {
    /// The name of its file, without `.sql`.
    var name: String
    /// What is in the file.
    var select: String
    /// What the server is asked: the same SELECT, with the views that it reads as CTEs of their names.
    var question: String
    /// The views that it reads.
    var reads: [String]

    init(_ name: String, _ select: String, reads others: [TestView] = []) {
        self.name = name
        self.select = select
        reads = others.map(\.name)
        let prefix = others.map { "\($0.name) AS (\($0.question))" }.joined(separator: ", ")
        question = prefix.isEmpty ? select : "WITH \(prefix) \(select)"
    }
}
