import { describeSingles } from './describe-vendor.ts';

describeSingles('human', 'under prompt');
