import Foundation
import Testing

@Suite("The vocabulary")
struct VocabularyTests {
    @Test("no retired word or phrase is in code, comments, messages or documents")
    func retiredWords() throws {
        let swift = try ["Sources", "Tests", "Benchmarks"].flatMap { try House.files(under: $0, suffix: ".swift") }
        let found = try RetiredWordSearch(Vocabulary.retired).places(
            swift: swift.filter { !Vocabulary.isSkipped($0.path) },
            documents: try House.documents().filter { !Vocabulary.isSkipped($0.path) })
        if !found.isEmpty { Issue.record("\(found.count) places:\n\(found.joined(separator: "\n"))") }
    }

    @Test(
        "a word is found wherever it stands, and only that word",
        arguments: [
            ("let sighting = 1", true), ("lastSighting", true), ("PathSightings()", true), ("// two sightings", true),
            ("insighting", false), ("sightingless", false), ("observation", false),
        ])
    func parts(text: String, isFound: Bool) throws {
        let file = TextFile(path: "a.swift", text: text)
        let search = try RetiredWordSearch([.word("sighting", use: "observation")])
        #expect(search.places(swift: [file], documents: []).count == (isFound ? 1 : 0))
        #expect(search.places(swift: [], documents: [file]).count == (isFound ? 1 : 0))
    }

    @Test(
        "a phrase is found in prose alone, also where a line ends in it",
        arguments: [
            ("// It is told so.", true), ("/// It is\n    /// told so.", true), (#"let text = "is  told""#, true),
            ("is.told()", false), ("let is = told // so", false), ("// It is\nlet told = 1", false),
        ])
    func phrases(text: String, isFound: Bool) throws {
        let search = try RetiredWordSearch([.phrase(#"\bis told\b"#, use: "learns")])
        #expect(search.places(swift: [TextFile(path: "a.swift", text: text)], documents: []).count == (isFound ? 1 : 0))
    }

    @Test("a line with an exception is fine")
    func exceptions() throws {
        let search = try RetiredWordSearch([.name("terms", use: "parameters", unless: ["in terms of"])])
        let file = TextFile(path: "a.swift", text: "terms\n// in terms of lanes\nlet terms = 1")
        #expect(
            search.places(swift: [file], documents: []).map { $0.prefix { $0 != " " } } == ["a.swift:1:", "a.swift:3:"])
    }
}
