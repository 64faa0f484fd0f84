//! The most similar word, for suggestions; and names compared as people do.

/// The candidate most similar to `word` (letters changed, added, dropped or swapped; capitals and accents do not
/// count), if it is similar enough to be worth suggesting: at most a third of the letters differ.
///
/// Among equals the first candidate wins.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    const LONGEST: usize = 60;
    let word: Vec<char> = fold(word).chars().take(LONGEST).collect();
    let most = (word.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = fold(candidate).chars().take(LONGEST).collect();
        if letters.len().abs_diff(word.len()) > most {
            continue;
        }
        let d = distance(&word, &letters);
        if d <= most && best.is_none_or(|(b, _)| d < b) {
            best = Some((d, candidate));
        }
    }
    best.map(|(_, candidate)| candidate.to_owned())
}

/// Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.
pub(crate) fn distance(a: &[char], b: &[char]) -> usize {
    let mut two_back = vec![0; b.len() + 1];
    let mut back: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = a[i - 1] == b[j - 1];
            row[j] = (back[j] + 1).min(row[j - 1] + 1).min(back[j - 1] + usize::from(!same));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(two_back[j - 2] + 1);
            }
        }
        two_back = std::mem::replace(&mut back, row);
    }
    back[b.len()]
}

/// A name without capitals, accents and the difference between hyphen, apostrophe and space.
///
/// Latin letters only; other scripts are lower-cased and otherwise left as they are.
pub(crate) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.trim().chars().flat_map(char::to_lowercase) {
        match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => folded.push('a'),
            'æ' => folded.push_str("ae"),
            'ç' | 'ć' | 'č' => folded.push('c'),
            'ď' | 'đ' | 'ð' => folded.push('d'),
            'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => folded.push('e'),
            'ì'..='ï' | 'ī' | 'į' | 'ı' => folded.push('i'),
            'ł' | 'ľ' | 'ĺ' => folded.push('l'),
            'ñ' | 'ń' | 'ň' => folded.push('n'),
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => folded.push('o'),
            'œ' => folded.push_str("oe"),
            'ŕ' | 'ř' => folded.push('r'),
            'ś' | 'š' | 'ş' => folded.push('s'),
            'ß' => folded.push_str("ss"),
            'ť' | 'ţ' => folded.push('t'),
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ź' | 'ż' | 'ž' => folded.push('z'),
            '\u{300}'..='\u{36f}' => {}
            '-' | '\'' | '’' | '_' | '\u{a0}' | ' ' => {
                if !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            c => folded.push(c),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested_or_nothing() {
        assert_eq!(nearest("nsi", ["area", "nis"]).as_deref(), Some("nis"));
        assert_eq!(nearest("Antwerpn", ["Aalst", "Antwerpen"]).as_deref(), Some("Antwerpen"));
        assert_eq!(nearest("zzzz", ["area", "nis"]), None);
        assert_eq!(nearest("", ["area"]), None);
    }

    #[test]
    fn names_are_compared_as_people_do() {
        assert_eq!(fold("Sint-Niklaas"), fold("SINT NIKLAAS"));
        assert_eq!(fold("Liège"), fold("Lie\u{300}ge"));
        assert_eq!(fold("’s-Gravenvoeren"), fold("'s Gravenvoeren"));
    }
}
