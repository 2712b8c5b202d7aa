import Relational

/// A table's rows with the columns that one plan reads: the image's delta, cut down.
final class Scan: Operator {
    let image: TableImage
    /// Indexes into the image's columns.
    let columns: [Int]
    private let projector: RowProjector

    init(name: String, image: TableImage, columns: [Int]) {
        self.image = image
        self.columns = columns
        projector = RowProjector(columns: columns, types: image.types)
        super.init(name: name, inputs: [image])
    }

    override func step() throws(DataflowError) {
        try withDelta { output throws(DataflowError) in try project(image.delta, into: &output) }
        isConsolidated = false
    }

    private func project(_ input: borrowing ZSet, into output: inout ZSet) throws(DataflowError) {
        let pieces = crew.pieces(of: input.count)
        try crew.collect(pieces, into: &output, errors: &errors) { piece, output throws(DataflowError) in
            project(input, crew.places(of: piece, in: input.count), into: &output.rows)
        }
    }

    /// An update that changes none of the columns read is dropped here: its old row stands right before its new one, in one piece mostly.
    private func project(_ input: borrowing ZSet, _ places: Range<Int>, into output: inout ZSet) {
        // Rows that other pieces have put out are not looked at.
        let start = output.count
        var isMixed = false
        for index in places {
            let weight = input.weight(at: index)
            projector.project(input.row(at: index), weight: weight, into: &output)
            if weight < 0 {
                isMixed = true
            } else if isMixed, input.weight(at: index - 1) == -weight, output.count > start + 1,
                output.row(at: output.count - 1).hasSameImage(as: output.row(at: output.count - 2)),
                output.weight(at: output.count - 2) == -weight
            {
                output.removeLast()
                output.removeLast()
            }
        }
    }
}
