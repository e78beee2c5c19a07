//! How alike two pictures are.

/// Two pictures that do not differ at all have no ratio; this stands for it, in decibels.
pub(super) const SAME: f64 = 99.0;

/// The peak signal-to-noise ratio of two pictures' brightness, in decibels: some 30 are blurred, 40 are good, 50 cannot
/// be told apart by looking.
pub(super) fn psnr(one: &[u8], other: &[u8]) -> f64 {
    let squares: u64 = one.iter().zip(other).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    if squares == 0 {
        return SAME;
    }
    let mean = squares as f64 / one.len().max(1) as f64;
    (10.0 * (255.0_f64.powi(2) / mean).log10()).min(SAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_the_higher() {
        assert_eq!(psnr(&[1, 2, 3], &[1, 2, 3]), SAME);
        assert_eq!(psnr(&[0, 0], &[255, 255]), 0.0);
        // A difference of one everywhere is a mean square of one: 20 log10 255.
        assert!((psnr(&[10; 4], &[11; 4]) - 48.13).abs() < 0.01);
        assert!(psnr(&[10; 4], &[11; 4]) > psnr(&[10; 4], &[13; 4]));
    }
}
