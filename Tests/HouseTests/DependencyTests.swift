import Testing

@Suite struct DependencyTests {
    @Test func `every dependency has one exact version, and swift-crypto one without CVE-2026-43823`() throws {
        let manifest = try #require(try TextFile("Package.swift"))
        let places = manifest.lines.enumerated().filter { $0.element.contains(".package(url:") }
        #expect(places.count >= 8)
        #expect(places.last.map(\.offset) == places.first.map { $0.offset + places.count - 1 })
        var versions: [String: [Int]] = [:]
        for (number, line) in places {
            let match = line.firstMatch(of: #/\.package\(url: "[^"]*\/([^"\/]+)", exact: "(\d+)\.(\d+)\.(\d+)"/#)
            let found = try #require(match, "Package.swift:\(number + 1): \(line)")
            versions[String(found.1)] = [found.2, found.3, found.4].compactMap { Int($0) }
        }
        #expect(versions.count == places.count)
        let crypto = try #require(versions["swift-crypto"])
        #expect([4, 5, 0].lexicographicallyPrecedes(crypto))
    }
}
