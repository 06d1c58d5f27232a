export const swapped = 1;
