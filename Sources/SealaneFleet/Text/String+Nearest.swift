extension String {
    /// The name among `names` that this one probably means: it differs by one or two typing errors. Nil: there is none.
    package func nearest(among names: [String]) -> String? {
        let plain = lowercased().split(separator: "_", omittingEmptySubsequences: false).joined(separator: "-")
        let limit = count < 4 ? 1 : 2
        return
            names
            .map { (name: $0, distance: plain.editDistance(to: $0)) }
            .filter { $0.distance <= limit }
            .min { $0.distance < $1.distance }?
            .name
    }

    /// How many letters must be inserted, deleted or replaced (Levenshtein).
    private func editDistance(to other: String) -> Int {
        let other = Array(other.utf8)
        var row = Array(0...other.count)
        for (i, a) in utf8.enumerated() {
            var diagonal = i
            row[0] = i + 1
            for (j, b) in other.enumerated() {
                let replaced = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, min(row[j], diagonal) + 1)
            }
        }
        return row[other.count]
    }
}
