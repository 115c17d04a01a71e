import Foundation

/// Looks for retired words in files.
struct RetiredWordSearch {
    private let words: [(word: RetiredWord, expression: NSRegularExpression)]

    init(_ words: [RetiredWord]) throws {
        self.words = try words.map { word in
            guard word.scope == .prose else { return (word, try NSRegularExpression(pattern: word.pattern)) }
            // A line of a comment may end in the phrase.
            let pattern = word.pattern.replacing(" ", with: #"\s+(?://+\s*)?"#)
            return (word, try NSRegularExpression(pattern: pattern, options: [.caseInsensitive, .anchorsMatchLines]))
        }
    }

    /// Each place as `path:line: "what stands there": use ...`, in the order of the files.
    func places(swift: [TextFile], documents: [TextFile]) -> [String] {
        let inSwift = swift.flatMap { file in
            let text = SwiftText(file)
            return places(file, whole: file.text, prose: text.only(.comment, .literal, filler: "~"), .swift)
        }
        return inSwift + documents.flatMap { places($0, whole: $0.text, prose: $0.text, .prose) }
    }

    private func places(
        _ file: TextFile, whole: String, prose: String, _ kind: RetiredWord.Scope
    ) -> [String] {
        var found: [(line: Int, text: String)] = []
        for (word, expression) in words where [kind, .prose, .everywhere].contains(word.scope) {
            let text = word.scope == .prose ? prose : whole
            for match in expression.matches(in: text, range: NSRange(text.startIndex..., in: text)) {
                guard let range = Range(match.range, in: text) else { continue }
                let line = text[..<range.lowerBound].utf8.count { $0 == UInt8(ascii: "\n") }
                guard !word.unless.contains(where: file.lines[line].contains) else { continue }
                let words = text[range].split { $0.isWhitespace || $0 == "/" }.joined(separator: " ")
                found.append((line, "\(file.path):\(line + 1): \"\(words)\": use \(word.use)"))
            }
        }
        return found.sorted { $0.line < $1.line }.map(\.text)
    }
}
