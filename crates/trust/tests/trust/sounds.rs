//! The word lists, against what is claimed of them.
//!
//! `tests/sounds/*.txt` has how each word sounds, one letter a sound (`&` as in *apple*, `@` as in the end of *river*,
//! `A` as in *father*, `S`, `Z`, `T`, `D`, `N`, `C` for sh, zh, th, dh, ng and the end of *ich*). They come from a speech
//! synthesiser's rules. Distances are in half sounds.

use rendezvous_trust::words::Language;

/// Two words of a language are at least this far apart: three whole sounds.
const DISTANCE: usize = 6;
/// And by at least so many letters.
const LETTERS: usize = 3;

const VOWELS: &str = "aAeiou@&y2";

/// Sounds that a telephone makes alike.
const NEAR: [&str; 31] = [
    "ptk", "bdg", "pb", "td", "kg", "fTsSCxh", "vDzZ", "fv", "TD", "sz", "SZ", "bv", "mnN", "ln", "lr", "rw",
    "lw", "ji", "dD", "kx", "gj", "gr", "xr", "dr", "iey2", "e&", "&aA", "Ao", "ou", "uy", "o2",
];

fn sounds(language: Language) -> Vec<(&'static str, Vec<char>)> {
    let text = match language {
        Language::English => include_str!("../sounds/english.txt"),
        Language::German => include_str!("../sounds/german.txt"),
    };
    text.lines()
        .map(|line| {
            let (word, sounds) = line.split_once(' ').unwrap();
            (word, sounds.chars().collect())
        })
        .collect()
}

fn replace(a: char, b: char) -> usize {
    let is_near = NEAR.iter().any(|group| group.contains(a) && group.contains(b));
    let is_weak_vowel = VOWELS.contains(a) && VOWELS.contains(b) && (a == '@' || b == '@');
    if a == b {
        0
    } else if is_near || is_weak_vowel {
        1
    } else {
        2
    }
}

/// Weak vowels, `h` and `r` get lost easily.
fn lose(a: char) -> usize {
    if "@hr".contains(a) { 1 } else { 2 }
}

/// The weighted edit distance.
fn distance<T: Copy>(
    one: &[T],
    other: &[T],
    replace: impl Fn(T, T) -> usize,
    lose: impl Fn(T) -> usize,
) -> usize {
    let mut row = vec![0];
    for sound in other {
        row.push(row.last().unwrap() + lose(*sound));
    }
    for a in one {
        let mut next = vec![row[0] + lose(*a)];
        for (place, b) in other.iter().enumerate() {
            let options = [row[place] + replace(*a, *b), row[place + 1] + lose(*a), next[place] + lose(*b)];
            next.push(options.into_iter().min().unwrap());
        }
        row = next;
    }
    *row.last().unwrap()
}

#[test]
fn the_distance_is_the_one_that_is_described() {
    let check = |one: &str, other: &str, expected| {
        let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
        assert_eq!(distance(&one, &other, replace, lose), expected, "{one:?} {other:?}");
    };
    check("abt", "abt", 0);
    check("fit", "sit", 1);
    check("mit", "nit", 1);
    check("kat", "lat", 2);
    check("bat@r", "bat", 2);
    check("", "kat", 6);
}

#[test]
fn every_list_has_its_sounds_and_its_order() {
    for language in Language::ALL {
        let words: Vec<&str> = sounds(language).into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, language.words());
        assert!(words.is_sorted() && words.windows(2).all(|pair| pair[0] != pair[1]));
    }
}

#[test]
fn every_two_words_of_a_language_sound_and_look_different() {
    for language in Language::ALL {
        let words = sounds(language);
        let (mut nearest, mut pairs) = (usize::MAX, 0);
        for (place, (one, one_sounds)) in words.iter().enumerate() {
            for (other, other_sounds) in &words[..place] {
                let heard = distance(one_sounds, other_sounds, replace, lose);
                assert!(heard >= DISTANCE, "{one} and {other} sound alike: {heard}");
                let seen = distance(one.as_bytes(), other.as_bytes(), |a, b| usize::from(a != b), |_| 1);
                assert!(seen >= LETTERS, "{one} and {other} look alike: {seen}");
                assert_ne!(one[..4], other[..4], "four letters are enough");
                nearest = nearest.min(heard);
                pairs += 1;
            }
        }
        assert_eq!((nearest, pairs), (DISTANCE, 256 * 255 / 2));
    }
}

#[test]
fn every_word_is_easy_to_type_and_long_enough_to_hear() {
    for language in Language::ALL {
        for (word, sounds) in sounds(language) {
            assert!(
                (4..=12).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase()),
                "{word}"
            );
            let is_vowel = |at: usize| VOWELS.contains(sounds[at]);
            let syllables =
                (0..sounds.len()).filter(|at| is_vowel(*at) && (*at == 0 || !is_vowel(at - 1))).count();
            assert!(syllables >= 2, "{word} has {syllables}");
        }
    }
}
