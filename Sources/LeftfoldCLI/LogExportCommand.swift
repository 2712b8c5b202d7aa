import ArgumentParser
import EventLog
import Foundation
import Relational
import ViewMaintenance

/// `leftfold log export`: the log in one file, as a backup or as JSON lines.
struct LogExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write what the log holds now into one file, while the daemon goes on.",
        discussion: """
            portable  a complete backup, checked when it is read again by 'leftfold log import'; ends with a whole transaction
            json      JSON lines, one for each change, as 'leftfold log tail' prints them
            A file is put in place whole, or not at all; one that is there already is replaced.
            """
    )

    /// What is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case json
        case portable
    }

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "The file to write, or '-' for standard output.")
    var file: String

    @Option(
        help:
            "json or portable; default: portable for a file that ends in .leftfoldlog, json for .json, .jsonl and standard output."
    )
    var format: Format?

    @Option(help: "The first offset, for json only; default: the first of the log.")
    var from: Int64?

    func run() async throws {
        let format = try resolvedFormat()
        if let from, format == .portable || from < 0 {
            throw CommandFailure(
                .usage,
                from < 0
                    ? "--from \(from) is not an offset"
                    : "--from is for --format json: a backup is always of the whole log",
                hint: "leave --from out"
            )
        }
        let installation = try Installation(options.load())
        try installation.requireLog()
        let directory = installation.configuration.logDirectory
        switch format {
        case .portable: try exportPortable(directory)
        case .json: try exportJSON(directory, sourceName: installation.postgres.slot)
        }
    }

    private func resolvedFormat() throws -> Format {
        if let format { return format }
        if file.hasSuffix(".leftfoldlog") { return .portable }
        if file == "-" || file.hasSuffix(".json") || file.hasSuffix(".jsonl") { return .json }
        throw CommandFailure(
            .usage,
            "the name \(file) does not tell the format",
            hint: "add --format portable for a backup, or --format json"
        )
    }

    private func exportPortable(_ directory: String) throws {
        var output = StandardOutputSink()
        let portable =
            file == "-"
            ? try LogExport.write(directory: directory, to: &output)
            : try LogExport.write(directory: directory, toFile: file)
        StandardError.write(
            "\(portable.frameCount) frames with \(portable.recordCount) records of log \(portable.id), "
                + "offsets \(portable.firstOffset) up to \(portable.endOffset)\n"
        )
    }

    private func exportJSON(_ directory: String, sourceName: String) throws {
        let log = try EventLog.openForReading(directory: directory)
        let start = from.map(Offset.init) ?? log.firstOffset
        var reader = try EnvelopeReader(log, from: start, sourceName: sourceName, version: Leftfold.version)
        let count: Int
        if file == "-" {
            var output = StandardOutputSink()
            count = try Self.writeLines(&reader, to: &output)
        } else {
            var output = try ReplacementFile(file)
            count = try Self.writeLines(&reader, to: &output)
            try output.commit()
        }
        StandardError.write("\(count) records, offsets \(start) up to \(log.frontier.nextOffset)\n")
    }

    /// Writes all lines in large pieces and returns how many.
    private static func writeLines<Sink: ByteSink & ~Copyable>(
        _ reader: inout EnvelopeReader,
        to sink: inout Sink
    ) throws -> Int {
        var count = 0
        var text = ByteSlab(capacity: 1 << 20)
        while let page = try reader.next() {
            for line in page.lines {
                Self.append(line, to: &text)
                count += 1
                guard text.count >= 1 << 20 else { continue }
                try sink.write(text.bytes)
                text.removeAll()
            }
        }
        try sink.write(text.bytes)
        return count
    }

    private static func append(_ line: String, to text: inout ByteSlab) {
        var line = line + "\n"
        line.withUTF8 { text.append(UnsafeRawBufferPointer($0)) }
    }
}

/// Standard output, for much of it; a reader that has gone is an error.
struct StandardOutputSink: ByteSink {
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 << 20)
            do {
                try FileHandle.standardOutput.write(contentsOf: Data(piece))
            } catch {
                throw LogError(
                    .io,
                    "could not write to standard output",
                    detail: error.localizedDescription,
                    hint: "give a file instead of '-'"
                )
            }
            rest = rest.dropFirst(piece.count)
        }
    }
}
