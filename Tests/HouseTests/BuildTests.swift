import Testing

@Suite("The build")
struct BuildTests {
    @Test("no test target depends on a program: programs link the Swift runtime statically, the test bundle cannot")
    func testBundle() throws {
        let targets = try #require(try TextFile("Package.swift")).text.split(separator: "\n        .")
        let programs = targets.compactMap { $0.prefixMatch(of: #/executableTarget\(\s*name: ("[^"]+")/#)?.1 }
        #expect(programs.contains("\"sealaned\""))
        let tests = targets.filter { $0.hasPrefix("testTarget(") }
        #expect(tests.count > 10)
        for test in tests { #expect(!programs.contains(where: test.contains), "\(test)") }
    }

    @Test("one release build serves demo, test and install: only other settings have a build of their own")
    func sharedBuild() throws {
        let makefile = try #require(try TextFile("Makefile"))
        let own = makefile.lines.filter { $0.contains("--scratch-path") }
        #expect(own.allSatisfy { $0.contains(#/WITHOUT_CIPHER=1|FUZZING=1|--sanitize=/#) }, "\(own)")
        #expect(makefile.places(of: /static-swift-stdlib/).isEmpty)
    }
}
