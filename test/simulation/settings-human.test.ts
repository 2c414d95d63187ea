import { describeSingles } from './describe-vendor.ts';

describeSingles('human', 'in other settings');
