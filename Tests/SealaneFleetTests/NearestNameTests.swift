import SealaneFleet
import Testing

@Suite("The nearest name")
struct NearestNameTests {
    private let names = ["list", "show", "check", "add", "remove", "max-age"]

    @Test(
        "is one that differs by a typing error or two",
        arguments: [
            ("lst", "list"), ("lits", "list"), ("List", "list"), ("shwo", "show"), ("ad", "add"), ("chek", "check"),
            ("max_age", "max-age"), ("remvoe", "remove"),
        ])
    func near(word: String, name: String) {
        #expect(word.nearest(among: names) == name)
    }

    @Test("does not exist for other words", arguments: ["", "x", "ls", "generate", "rm", "listing"])
    func far(word: String) {
        #expect(word.nearest(among: names) == nil)
    }
}
